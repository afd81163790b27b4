/** The password field by both of its names in proto3 JSON, with a text as its value. */
const passwordMember = /"password(?:PlainText|_plain_text)"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")/g;

/**
 * Every plain-text password in the text of an event, wherever it stands: also one that a JSON parser drops since the
 * same member comes again after it, and one inside a message that has no place in a Job. They are looked for in what is
 * kept of the event.
 */
export function findPlainTextPasswords(json: string): readonly string[] {
  return [...json.matchAll(passwordMember)].map(([, text]) => JSON.parse(text!) as string);
}
