/** The finding: something in the corpus that is wrong, where, and how to mend it. */

/** A fault makes the check fail, a warning asks somebody to look. */
export interface Finding {
  severity: 'fault' | 'warning'
  /** Relative to the corpus. */
  file: string
  /** What is wrong, in a few words. */
  wrong: string
  /** What to do about it. */
  mend: string
}

export function fault(file: string, wrong: string, mend: string): Finding {
  return { severity: 'fault', file, wrong, mend }
}

export function warning(file: string, wrong: string, mend: string): Finding {
  return { severity: 'warning', file, wrong, mend }
}

/** One line: what, where, and the mend. */
export function lineOf({ severity, file, wrong, mend }: Finding): string {
  return `${severity}: ${file}: ${wrong}; ${mend}`
}
