// A client process of emmett-postgresql: node emmett.mjs <folder of node_modules> write|follow|replay|migrate [dsn].
// It speaks the protocol of client.py: one line of JSON in, then words; results go to the file that the line names.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { writeFileSync } from "node:fs";
import { randomUUID } from "node:crypto";

const [folder, role, dsn] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const emmett = require("@event-driven-io/emmett-postgresql");
const { dumbo } = require("@event-driven-io/dumbo");
const pg = require("pg");

const MOST_CONNECTIONS = 32;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const heard = async () => (await lines.next()).value;
const say = (word) => process.stdout.write(`${word}\n`);
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const elapsed = (begun) => Number(process.hrtime.bigint() - begun);

async function migrate() {
  const store = emmett.getPostgreSQLEventStore(dsn);
  await store.schema.migrate();
  await store.close();
}

async function write(order) {
  const { workload } = order;
  const pool = new pg.Pool({ connectionString: order.address.dsn, max: Math.min(workload.callers, MOST_CONNECTIONS) });
  const store = emmett.getPostgreSQLEventStore(order.address.dsn, {
    connectionOptions: { pool },
    schema: { autoMigration: "None" },
  });
  const outcome = { nanoseconds: [], acknowledged: [], events: 0, seconds: 0, conflicts: 0, refused: {} };
  let begun = null;
  let ended = null;

  async function append(stream, known, bodies) {
    const from = process.hrtime.bigint();
    let expected = known;
    const events = bodies.map((data) => ({
      type: order.type,
      data,
      metadata: { ...order.metadata, messageId: randomUUID() },
    }));
    for (;;) {
      try {
        await store.appendToStream(stream, events, { expectedStreamVersion: BigInt(expected) });
        break;
      } catch (error) {
        if (error.name !== "ExpectedVersionConflictError" && error.errorCode !== 412) {
          outcome.refused[error.name] = (outcome.refused[error.name] ?? 0) + 1;
          return expected;
        }
        if (begun) outcome.conflicts += 1;
        if (ended) return expected;
        const tail = await store.readStream(stream, { from: BigInt(expected + 1) });
        expected = Math.max(expected, Number(tail.currentStreamVersion));
      }
    }
    outcome.acknowledged.push(...events.map((event) => event.metadata.messageId));
    if (begun) outcome.events += events.length;
    if (begun && !ended) outcome.nanoseconds.push(elapsed(from));
    return expected + events.length;
  }

  async function caller(number) {
    let version = 0;
    for (let n = number * 97; !ended; n += workload.events) {
      const bodies = Array.from({ length: workload.events }, (_, i) => order.bodies[(n + i) % order.bodies.length]);
      if (workload.hot) version = await append(order.hot_stream, version, bodies);
      else await append(`${order.category}-${randomUUID()}`, 0, bodies);
    }
  }

  const callers = Array.from({ length: workload.callers }, (_, number) => caller(number));
  await pause(workload.warm_up_s);
  say("ready");
  await heard();
  begun = process.hrtime.bigint();
  await pause(workload.seconds);
  while (!outcome.nanoseconds.length && !Object.keys(outcome.refused).length) await pause(0.005);
  ended = process.hrtime.bigint();
  outcome.seconds = Number(ended - begun) / 1e9;
  await Promise.all(callers);
  say("done");
  await heard();
  writeFileSync(order.result, JSON.stringify(outcome));
  say("written");
  process.exit(0);
}

function puller(pool, eachBatch) {
  return emmett.postgreSQLEventStoreMessageBatchPuller({
    executor: pool.execute,
    batchSize: 1000,
    pullingFrequencyInMs: emmett.DefaultPostgreSQLEventStoreProcessorPullingFrequencyInMs,
    eachBatch,
    signal: new AbortController().signal,
  });
}

async function follow(order) {
  const pool = dumbo({ connectionString: order.address.dsn });
  const delivered = [];
  const seen = new Set();
  let grown = process.hrtime.bigint();
  const reading = puller(pool, async (messages) => {
    for (const { metadata } of messages) {
      delivered.push([metadata.messageId, metadata.streamName, Number(metadata.streamPosition)]);
      seen.add(metadata.messageId);
    }
    grown = process.hrtime.bigint();
  });
  reading.start({ startFrom: "BEGINNING" });
  say("ready");
  const stored = Number(await heard());
  grown = process.hrtime.bigint();
  while (seen.size < stored && elapsed(grown) < order.quiet_s * 1e9) await pause(0.02);
  writeFileSync(order.result, JSON.stringify({ delivered, failed: null }));
  say("written");
  process.exit(0);
}

async function replay(order) {
  const pool = dumbo({ connectionString: order.address.dsn });
  const begun = process.hrtime.bigint();
  let events = 0;
  let position = 0n;
  for (;;) {
    const page = await emmett.readMessagesBatch(pool.execute, { after: position, batchSize: 1000 });
    events += page.messages.length;
    position = page.currentGlobalPosition;
    if (!page.areMessagesLeft || elapsed(begun) > order.seconds * 1e9) break;
  }
  writeFileSync(order.result, JSON.stringify({ events, seconds: elapsed(begun) / 1e9 }));
  say("written");
  process.exit(0);
}

if (role === "migrate") await migrate();
else await { write, follow, replay }[role](JSON.parse(await heard()));
