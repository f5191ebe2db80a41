// What mail programs make of the mails: `node clients.mjs FILE...`, by the tests of caniemail.com.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { caniemail, rawData } from "caniemail";

const CLIENTS = ["gmail", "outlook", "apple-mail", "yahoo", "thunderbird"]; // new Outlook is outlook.outlook-com

// What some of them leave out or know in part, and why the mail is as good. One that is needed no more fails the check.
const VALUES = "the values that are not known are not used";
const EXCEPTIONS = {
  "<body> element": "a table inside has the ground too",
  "<style> element": "every rule for the light scheme stands at its element too; the dark scheme is then the program's own",
  "<ul>, <ol> and <dl>": "neither `reversed` nor `value` is used, only `start`",
  "@media": "without it the mail is light, its tables are set a little larger",
  "aria-label attribute": "names the box of a table, which is read without it too",
  background: VALUES,
  border: "never over 3px; the line over a section may be missing, its heading stays",
  "color-scheme CSS property": "without it the program darkens the mail in its own way, or not",
  "color-scheme meta tag": "as the CSS property",
  display: "only `none`, of the first hidden line",
  "display:none": "the first hidden line is then seen: it tells the best hit",
  "font-size": VALUES,
  "font-weight": VALUES,
  "lang attribute": "stands at <html> and a <div>, at no cell",
  "line-height": "has no unit",
  margin: "only `auto` is lost: the column stands at the left, or in the table for Outlook",
  "max-height property": "only a second means to hide the first line",
  "max-width": "Outlook has a table of a fixed width of its own; on a tablet lines are longer",
  overflow: "where a wide table can't scroll it widens the mail or ends at the edge; the text part has it whole",
  "overflow-wrap": "`word-break` says the same to most; elsewhere a word of 300 letters widens the mail",
  padding: "the bar of a quotation stands close to its words",
  "role attribute": "a layout table of one cell is then called a table",
  "table-layout": "a table wider than the window widens the mail",
  "text-align": VALUES,
  "white-space": "a figure may then break at its hyphen",
  "width property": "is used on tables only",
  "word-break": "a long word is then not broken, or others are",
};

// The site has not tried everything everywhere. What it does not know is told apart from what does not work.
const UNKNOWN = "not tried by caniemail.com";
const platforms = client => new Set(rawData.data.flatMap(feature => Object.keys(feature.stats[client] ?? {})));
for (const client of CLIENTS) {
  for (const platform of platforms(client)) {
    for (const feature of rawData.data) {
      const stats = ((feature.stats[client] ??= {})[platform] ??= { untried: "u" });
      const latest = Object.keys(stats).at(-1);
      if (stats[latest].startsWith("u")) {
        stats[latest] = "a #999";
        feature.notes_by_num = { ...feature.notes_by_num, 999: UNKNOWN };
      }
    }
  }
}

const found = new Map();
const unknown = new Set();
for (const name of process.argv.slice(2)) {
  const { issues } = caniemail({ clients: CLIENTS.map(client => `${client}.*`), html: readFileSync(name, "utf8") });
  for (const list of [issues.errors, issues.warnings]) {
    for (const [client, some] of list) {
      for (const { title, support, notes } of some) {
        if (notes.includes(UNKNOWN)) { unknown.add(`${title} in ${client}`); continue; }
        const one = found.get(title) ?? { none: new Set(), partial: new Set(), mails: new Set(), notes: new Set() };
        one[support === "none" ? "none" : "partial"].add(client);
        one.mails.add(basename(name, ".html"));
        for (const note of notes) one.notes.add(note);
        found.set(title, one);
      }
    }
  }
}

let failures = 0;
for (const [title, one] of [...found].sort()) {
  const excuse = EXCEPTIONS[title];
  failures += !excuse;
  console.log(`${excuse ? "excused" : "FAILED"}: ${title}: ${excuse ?? [...one.notes].join(" / ")}`);
  for (const support of ["none", "partial"]) if (one[support].size) console.log(`    ${support}: ${[...one[support]].sort().join(" ")}`);
}
for (const title of Object.keys(EXCEPTIONS)) {
  if (found.has(title)) continue;
  failures += 1;
  console.log(`FAILED: the exception "${title}" is needed no more`);
}
if (!found.size) { console.log("caniemail knows nothing of what the mails use: it did not look"); process.exit(1); }
console.log(`${unknown.size} pairs of feature and client that caniemail.com has not tried`);
if (failures) { console.log(`${failures} features without an exception`); process.exit(1); }
console.log(`${process.argv.length - 2} mails, data of ${rawData.last_update_date.slice(0, 10)}: ${found.size} features that not all know, each excused`);
