# The reference server as an image. An API of your own that embeds handwire needs no more than its own build in the first stage.
#
#   docker build -t handwire .
#   docker run --rm -p 3000:3000 handwire                          HTTP, http://localhost:3000/mcp
#   docker run --rm -i handwire serve --stdio                      stdio
#   docker run --rm handwire conform https://mcp.example/mcp       tests another server
#
# docs/deployment.md has the rest.
ARG NODE=24-alpine

FROM node:${NODE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

FROM node:${NODE} AS dependencies
WORKDIR /build
COPY package.json package-lock.json ./
# fastify is a peer dependency and for our own tests a devDependency, so --omit=dev would leave it out
RUN npm pkg delete devDependencies && npm ci --ignore-scripts --no-audit --no-fund

FROM node:${NODE}
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /handwire
COPY package.json ./
COPY --from=dependencies /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY spec-fixtures ./spec-fixtures
# the image's user "node", by number: Kubernetes cannot tell of a name that it is not root
USER 1000:1000
EXPOSE 3000
# node is process 1 and gets the signal itself: no shell and no npm between
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "require('node:http').get({ host: '127.0.0.1', port: process.env.PORT, path: '/healthz' }, (reply) => process.exit(reply.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli/index.js"]
# running calls may go on for 8 s after the signal; `docker stop` kills after 10
CMD ["serve", "--grace-ms", "8000"]
