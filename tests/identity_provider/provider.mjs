// A real identity provider for tests: oidc-provider (certified by the OpenID Foundation), on
// loopback. Its login pages let anybody in under the name that they type.
//
//   node provider.mjs PORT
//
// It is told things by lines of JSON on its standard input, and answers each with a line:
//   {"do": "rotate"}         sign with a new key from now on; the old one is no longer published
//   {"do": "sign", claims}   a token signed with the key of now, whatever it says
//   {"do": "fetches"}        how often the keys were fetched

import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { generateKeyPair, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { pathToFileURL } from 'node:url';

console.log = console.info = console.warn = console.error; // answers alone go to stdout

const require = createRequire(process.cwd() + '/');
const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const audience = 'volunteer-ledger';

let keys = 0;
let fetches = 0;
let current;

async function fresh() {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const kid = `key-${++keys}`;
  const jwk = { ...pair.privateKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' };
  const provider = new Provider(issuer, {
    jwks: { keys: [jwk] },
    clients: [
      {
        client_id: 'vledger',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/callback', 'http://127.0.0.1/login/callback'],
        response_types: ['code'],
        grant_types: [
          'authorization_code',
          'refresh_token',
          'urn:ietf:params:oauth:grant-type:device_code',
        ],
      },
    ],
    cookies: { keys: ['only for tests'] },
    claims: { openid: ['sub'], profile: ['name'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: `Name of ${id}` }) }),
    extraTokenClaims: (_, token) => ({ name: `Name of ${token.accountId}` }),
    features: {
      deviceFlow: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => `urn:${audience}`,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'openid profile offline_access',
          audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 60,
        }),
      },
    },
  });
  current = { provider, handle: provider.callback(), key: pair.privateKey, kid };
}

function signed({ claims, header }) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'RS256', kid: current.kid, ...header })}.${part(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), current.key).toString('base64url')}`;
}

const tell = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

await fresh();
createServer((request, response) => {
  if (request.url.startsWith('/jwks')) fetches += 1;
  current.handle(request, response);
}).listen(port, '127.0.0.1', () => tell({ ready: issuer }));

createInterface({ input: process.stdin }).on('line', async (line) => {
  const asked = JSON.parse(line);
  if (asked.do === 'rotate') await fresh();
  tell(asked.do === 'sign' ? { token: signed(asked) } : { kid: current.kid, fetches });
}).on('close', () => process.exit(0));
