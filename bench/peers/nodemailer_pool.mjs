// nodemailer with a pool of so many connections, fed whenever it is idle; prints seconds and CPU as JSON.
//
//     node nodemailer_pool.mjs LETTER PORT COUNT CONNECTIONS
import { readFileSync } from "node:fs";
import nodemailer from "nodemailer";

const [letterFile, port, count, connections] = process.argv.slice(2);
const letter = JSON.parse(readFileSync(letterFile, "utf8"));

const fill = (text, values) =>
  Object.entries(values).reduce((filled, [name, value]) => filled.replaceAll(letter.marks[name], value), text);

function compose(number) {
  const address = `reader.${number}@example.org`;
  const values = {
    unsubscribe_url: `${letter.site}/u/AQAB${String(number).padStart(22, "0")}`,
    browser_url: `${letter.site}/e/daily-2026-03-02T0700`,
    preferences_url: `${letter.site}/p/AQAB${String(number).padStart(22, "0")}`,
    address,
  };
  return {
    from: letter.sender,
    to: { name: `Reader ${number}`, address },
    subject: letter.subject,
    text: fill(letter.text, values),
    html: fill(letter.html, values),
    list: { unsubscribe: { url: values.unsubscribe_url, comment: "Leave" } },
  };
}

const transporter = nodemailer.createTransport({
  pool: true,
  maxConnections: Number(connections),
  maxMessages: Infinity,
  host: "127.0.0.1",
  port: Number(port),
  secure: false,
  ignoreTLS: true,
});

const busy = process.cpuUsage();
const begun = performance.now();
let next = 1;
await new Promise((resolve, reject) => {
  let done = 0;
  const feed = () => {
    while (next <= Number(count) && transporter.isIdle()) {
      transporter.sendMail(compose(next++)).then(() => {
        if (++done === Number(count)) resolve();
      }, reject);
    }
  };
  transporter.on("idle", feed);
  feed();
});
const seconds = (performance.now() - begun) / 1000;
const { user, system } = process.cpuUsage(busy);
console.log(JSON.stringify({ seconds, cpu: (user + system) / 1e6 }));
transporter.close();
