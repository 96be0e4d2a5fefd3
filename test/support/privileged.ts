/** What asks for a scope: the items by which the corpus tells whether a server heeds scopes (spec-fixtures/README.md). */
export { offerPrivileged, privilege } from '../../src/cli/privileged.ts'
