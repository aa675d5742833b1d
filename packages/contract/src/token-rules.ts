/** Days a token lives unless told; fewer where the setting `api_token_max_days` is less. */
export const TOKEN_DAYS = 90;
/** Characters of a token that are kept, to find one that turned up somewhere. */
export const TOKEN_PREFIX_LENGTH = 12;
/** How tokens may be called, and the same in words. */
export const TOKEN_NAME = /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/;
export const TOKEN_NAME_RULE = "must be 1 to 63 of a-z, 0-9, dot, dash, underscore";
