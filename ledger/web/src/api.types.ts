/** Until the ledger's OpenAPI document is here (`npm run api` writes this file): what the first pages ask. */
export interface paths {
  "/v1/session": {
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      responses: { 200: { content: { "application/json": Session } } };
    };
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { "application/json": { pass: string } } };
      responses: { 200: { content: { "application/json": Session } } };
    };
    delete: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      responses: { 204: { content?: never } };
    };
  };
}

interface Session {
  name: string | null;
  roles: { role: string; scope: string }[];
  permissions: string[];
  place: string | null;
  merchant?: string | null;
  volunteer?: string | null;
  login: "oidc" | "pass" | null;
}
