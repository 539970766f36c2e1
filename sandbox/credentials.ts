/** The example credentials that the simulators accept. They open nothing anywhere else. */

export const exampleCredentials = {
  sendgrid: {
    apiKey: 'SG.sandbox-example-key.not-a-real-secret-only-for-the-sandbox',
    /** A key without any Marketing right: refused with 403 on Marketing paths. */
    apiKeyWithoutMarketing: 'SG.sandbox-mail-only.not-a-real-secret-only-for-the-sandbox',
  },
  'microsoft-advertising': {
    clientId: '00000000-5a1d-4b0c-8000-5adb0c5adb0c',
    clientSecret: 'sandbox-example-client-secret',
    developerToken: 'SANDBOXEXAMPLE01',
    customerId: '251000001',
    accountId: '151000001',
  },
} as const
