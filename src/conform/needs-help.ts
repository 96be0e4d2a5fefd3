/** A skip that says nothing of the server: whoever runs the case has to give something first. */

const words = 'needs help: '

/** The reason of such a skip. */
export function help(what: string): string {
  return `${words}${what}`
}

/** Whether a skip has such a reason. */
export function needsHelp({ reason }: { reason?: string | undefined }): boolean {
  return reason?.startsWith(words) ?? false
}
