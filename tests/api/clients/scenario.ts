// What every client does, and prints of each step: a line of JSON, with the step and what came of it.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Client, Connect, Given } from "./client";
import { Refused } from "./client";
import {
  ScenarioCopyQueryDocument as COPY,
  ScenarioFollowSubscriptionDocument as FOLLOW,
  ScenarioGroupQueryDocument as GROUP,
  ScenarioNoteMutationDocument as NOTE,
  type ScenarioCopyQueryQuery,
  type ScenarioFollowSubscriptionSubscription,
  type ScenarioTipsQueryQuery,
  ScenarioSubmitMutationDocument as SUBMIT,
  ScenarioTipsQueryDocument as TIPS,
} from "./generated/typed/graphql";

const PAGE = 3;

/** Runs every step with the clients that `connect` makes. */
export async function scenario(connect: Connect): Promise<void> {
  const given: Given = JSON.parse(readFileSync(0, "utf8"));
  const client = connect(given, given.key);
  const narrow = connect(given, given.narrow);
  const fresh = connect(given, given.fresh);
  const submit = async (title: string, idempotencyKey: string, category = "THEFT") => {
    const input = { title, category, area: given.area, idempotencyKey };
    return (await client.run(SUBMIT, { input })).submitTip;
  };

  const { group } = await client.run(GROUP, { code: given.group });
  print("query", [group?.code, group?.name, group?.area.code, group?.area.name]);
  print("walk", await (client.walk?.(PAGE) ?? walk(client)));

  const key = randomUUID();
  const twice = [await submit("Tin mẫu gửi hai lần", key), await submit("Tin mẫu gửi hai lần", key)];
  print("mutation", twice.map(({ tip }) => tip?.code));
  const { problems } = await submit("Tin mẫu bị từ chối", randomUUID(), "KHÔNG-CÓ");
  print("problems", problems.map(({ field, code }) => [field, code]));
  print("wrong cursor", await refusal(client.run(TIPS, { first: PAGE, after: "x" })));
  print("missing scope", await refusal(narrow.run(TIPS, { first: PAGE })));

  const start = await copy(client);
  print("copy", start.told);
  const feed = new Feed(client, start.cursor);
  await feed.heard(1); // From here on it is told what others do.
  await submit("Tin mẫu thứ nhất", randomUUID());
  await feed.tells(1);
  await submit("Tin mẫu thứ hai", randomUUID());
  await feed.tells(2);
  feed.stop();
  print("follow", feed.told);
  const missed = await submit("Tin mẫu lúc vắng", randomUUID());
  await client.run(NOTE, { input: { tipId: missed.recordId ?? "", note: "Ghi chú mẫu lúc vắng" } });
  const again = connect(given, given.key);
  const resumed = new Feed(again, feed.cursor);
  await resumed.tells(2);
  await submit("Tin mẫu sau khi trở lại", randomUUID());
  await resumed.tells(3);
  resumed.stop();
  print("resume", resumed.told);
  print("resume with a query", (await copy(again, feed.cursor)).told);
  const lost = new Feed(again, "x");
  print("wrong cursor of the feed", await refusal(lost.tells(1)));

  const asked: unknown[] = [];
  for (let time = 0; time < 2; time++) {
    const found = await fresh.byHash(GROUP, { code: given.group }, (sent, came) => asked.push([sent, came]));
    asked.push(found.group?.code);
  }
  print("persisted", asked);
  for (const each of [client, narrow, fresh, again]) await each.end();
}

function print(step: string, result: unknown): void {
  console.log(JSON.stringify({ step, result }));
}

/** The code of the error with which it is refused. */
async function refusal(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
  return "not refused";
}

async function walk(client: Client): Promise<string[]> {
  const codes: string[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const { tips }: ScenarioTipsQueryQuery = await client.run(TIPS, { first: PAGE, after });
    codes.push(...tips.edges.map(({ node }) => node.code));
    after = tips.pageInfo.hasNextPage ? tips.pageInfo.endCursor : null;
  }
  return codes;
}

type Told = [string | null, string];

/** What was done, and with which tip. */
function toldBy({ changes }: ScenarioFollowSubscriptionSubscription["changes"]): Told[] {
  return changes.map(({ action, record }) => [action, record && "code" in record ? record.code : "no tip"]);
}

/** The feed as a query, to its end; a subscription goes on from there. */
async function copy(client: Client, after?: string): Promise<{ told: Told[]; cursor: string }> {
  const told: Told[] = [];
  for (;;) {
    const { changes: feed }: ScenarioCopyQueryQuery = await client.run(COPY, { after });
    told.push(...toldBy(feed));
    if (!feed.hasMore) return { told, cursor: feed.cursor };
    after = feed.cursor;
  }
}

/** The feed as a subscription: what it told, and where to go on. */
class Feed {
  readonly told: Told[] = [];
  readonly stop: () => void;
  private messages = 0;
  private failed: unknown;
  private wake = () => {};

  constructor(
    client: Client,
    public cursor: string,
  ) {
    this.stop = client.follow(FOLLOW, { after: cursor }, {
      next: ({ changes: feed }) => {
        this.messages += 1;
        this.cursor = feed.cursor;
        this.told.push(...toldBy(feed));
        this.wake();
      },
      error: (error) => {
        this.failed = error;
        this.wake();
      },
    });
  }

  /** Waits until so many messages have come. */
  heard(count: number): Promise<void> {
    return this.until(() => this.messages >= count);
  }

  /** Waits until so many changes have been told. */
  tells(count: number): Promise<void> {
    return this.until(() => this.told.length >= count);
  }

  private async until(done: () => boolean): Promise<void> {
    while (!done()) {
      if (this.failed) throw this.failed;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
