import { expect, test } from "bun:test";
import { otherAccounts } from "./other-accounts.ts";

const PASSWD = `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
first:x:1000:1000::/home/first:/bin/bash
second:x:1001:1001::/home/second:/bin/zsh
service:x:1002:1002::/srv:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/bin/sh
`;

test("names people who can log in here, and not ourselves", () => {
  expect(otherAccounts(PASSWD, 1000)).toEqual(["second"]);
  expect(otherAccounts(PASSWD, 0)).toEqual(["first", "second"]);
});

test("says nothing where there is nothing to read", () => {
  expect(otherAccounts("", 1000)).toEqual([]);
});
