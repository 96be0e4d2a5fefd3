/** Errors of OAuth, for people who are on the way to a client. */

/** What went wrong, and what to do. */
export function explain(error: string, description = ''): string[] {
  const again = 'Go back to the application and start again.'
  if (error === 'invalid_request' && /session|expired/.test(description))
    return ['This request has expired, or it was begun in another browser.', again]
  if (error === 'invalid_client') return ['The application is not registered here, or no longer.', again]
  if (error === 'invalid_redirect_uri')
    return ['The application asked to send you to an address that it has not registered.', 'Nothing was sent there.']
  return [`The application has made a mistake: ${error}${description === '' ? '' : ` (${description})`}.`, again]
}
