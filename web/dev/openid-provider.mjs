// An OpenID provider that is not ours, as a process of its own, for the tests of signing in: it listens on a free port,
// signs ID tokens with the algorithm it is told, asks whoever comes who they are, and takes every password.
// Usage: node openid-provider.mjs RS256|ES256 <home of the client>; its first line of output is its issuer.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const [algorithm, home] = process.argv.slice(2)

const pairs = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
}
const keys = Object.entries(pairs).map(([alg, draw]) => ({
  ...draw().privateKey.export({ format: 'jwk' }),
  alg,
  use: 'sig',
}))

const configuration = {
  clients: [
    {
      client_id: 'loomwork',
      client_secret: 'a secret: with signs & blanks',
      redirect_uris: [`${home}/sign-in/sso/corp/callback`],
      post_logout_redirect_uris: [`${home}/`],
      id_token_signed_response_alg: algorithm,
    },
  ],
  claims: { email: ['email', 'email_verified'], openid: ['sub'], profile: ['name'] },
  cookies: { keys: ['for tests only'] },
  findAccount: (_context, sub) => ({
    accountId: sub,
    claims: () => ({ sub, email: `${sub}@example.org`, email_verified: true, name: sub }),
  }),
  jwks: { keys },
  pkce: { required: () => true },
}

const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  server.on('request', new Provider(issuer, configuration).callback())
  console.log(issuer)
})
