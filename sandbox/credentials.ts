/** The example credentials that the simulators accept. They open nothing anywhere else. */

export const exampleCredentials = {
  dotdigital: {
    user: 'apiuser-sandbox0001@apiconnector.com',
    password: 'sandbox-example-password',
  },
  'campaign-monitor': {
    apiKey: 'sandbox-example-campaign-monitor-key-not-a-real-secret',
    clientId: '100001',
    clientSecret: 'sandbox-example-campaign-monitor-client-secret',
    /** The account's client whose lists are kept, and another that it has where the simulator is told so. */
    clientOfAccount: '4a5b0c5adb0c4a5b8c5adb0c5adb0c01',
    otherClient: '4a5b0c5adb0c4a5b8c5adb0c5adb0c02',
  },
  iterable: {
    apiKey: 'sandboxexamplekeynotarealsecret0',
    /** A key of a mobile app: refused with 401 where lists are concerned. */
    apiKeyOfAnApp: 'sandboxmobilekeynotarealsecret00',
  },
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
  webhook: {
    secret: 'sandbox-example-webhook-secret-not-a-real-one',
    /** What a connection is given for a URL; its host is nowhere, and the sandbox stands for it. */
    url: 'https://receiver.sandbox.invalid/webhook',
  },
} as const
