/** Where SendGrid's API is, by region. */

/** The European host is documented for accounts of EU regional subusers: https://www.twilio.com/docs/sendgrid/api-reference (checked 2026-11-21). */
export const apiOrigin = (settings: { readonly region: string }): string =>
  settings.region === 'eu' ? 'https://api.eu.sendgrid.com' : 'https://api.sendgrid.com'
