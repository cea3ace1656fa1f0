// Drives pages of one Chromium: each line of the standard input is {page, verb, given}, each line of
// the output {value} or {error}. Arguments: the bundle of the phone, and flags for the browser.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [modules, bundle, ...flags] = process.argv.slice(2);
const { chromium } = createRequire(`${modules}/`)("playwright-core");

const script = await readFile(bundle, "utf8");
const server = createServer((request, response) => {
  const whole = request.url === "/phone.js";
  response.setHeader("content-type", whole ? "text/javascript" : "text/html");
  response.end(whole ? script : '<!doctype html><title>phone</title><script src="/phone.js"></script>');
}).listen(0, "127.0.0.1");
await new Promise((then) => server.once("listening", then));
const origin = `http://127.0.0.1:${server.address().port}`;

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
const context = await browser.newContext({ permissions: ["microphone", "camera"] });
const pages = new Map();
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

async function pageOf(name) {
  if (!pages.has(name)) {
    const page = await context.newPage();
    page.on("console", (message) => process.stderr.write(`${name}: ${message.text()}\n`));
    page.on("pageerror", (error) => process.stderr.write(`${name}: ${error}\n`));
    await page.goto(`${origin}/${process.env.PHONE_DEBUG ?? ""}`);
    pages.set(name, page);
  }
  return pages.get(name);
}

say({ value: origin });
for await (const line of createInterface({ input: process.stdin })) {
  const { page: name, verb, given } = JSON.parse(line);
  try {
    const page = await pageOf(name);
    if (verb === "close") {
      await page.close();
      pages.delete(name);
      say({ value: null });
    } else if (verb === "reload") {
      await page.reload();
      say({ value: null });
    } else {
      const value = await page.evaluate(
        ([what, values]) => Promise.resolve(window.phone[what](...values)),
        [verb, given],
      );
      say({ value: value ?? null });
    }
  } catch (error) {
    say({ error: String(error) });
  }
}
await browser.close();
server.close();
