/**
 * Faults that no case of the corpus sees yet, each with what a case would have to do. The guard lets these pass; what the
 * corpus has come to see is to be taken off. With a transport in brackets it is about that transport alone.
 */
export const unseen: ReadonlyMap<string, string> = new Map([])
