// Faults of a page that a machine can see without a library: the checks that need npm run axe-core over the same pages.
() => {
  const faults = [];
  const all = [...document.body.querySelectorAll("*")];
  const shown = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility === "visible";
  const scrolls = e => e && (["auto", "scroll", "hidden"].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  const named = e => (e.getAttribute("aria-label") || e.textContent || e.title || "").trim()
    || (e.getAttribute("aria-labelledby") || "").split(" ").some(id => document.getElementById(id)?.textContent.trim());

  // The page is no wider than the window, and nothing sticks out of it.
  if (document.documentElement.scrollWidth > innerWidth) faults.push(`wide: ${document.documentElement.scrollWidth} px`);
  for (const e of all.filter(shown)) {
    if (e.getBoundingClientRect().right > innerWidth + 0.5 && !scrolls(e.parentElement)) faults.push(`sticks out: ${e.outerHTML.slice(0, 80)}`);
  }

  // Structure: language, title, one main heading, levels in order, landmarks, ids of their own.
  if (document.documentElement.lang !== "en-GB") faults.push("language");
  if (!document.title.endsWith("pqwatch")) faults.push(`title: ${document.title}`);
  const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(shown).map(e => Number(e.tagName[1]));
  if (levels.filter(level => level === 1).length !== 1) faults.push("not one h1");
  levels.forEach((level, i) => { if (level > (levels[i - 1] ?? 0) + 1) faults.push(`heading ${i + 1} leaps to h${level}`); });
  for (const landmark of ["header", "main", "footer"]) {
    if (document.querySelectorAll(`body > ${landmark}`).length !== 1) faults.push(`not one ${landmark}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) faults.push(`id twice: ${id}`);
  for (const attribute of ["for", "aria-labelledby", "aria-describedby"]) {
    for (const e of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of e.getAttribute(attribute).split(" ")) if (!document.getElementById(id)) faults.push(`${attribute} names nothing: ${id}`);
    }
  }
  for (const e of document.querySelectorAll("a[href^='#']")) {
    if (e.hash && !document.getElementById(decodeURIComponent(e.hash.slice(1)))) faults.push(`leads nowhere: ${e.hash}`);
  }

  // Names: of links, buttons, fields, pictures and tables.
  for (const e of document.querySelectorAll("a[href], button, summary")) if (!named(e)) faults.push(`no name: ${e.outerHTML.slice(0, 80)}`);
  for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (!e.labels.length && !e.getAttribute("aria-label")) faults.push(`no label: ${e.name}`);
  }
  for (const e of document.querySelectorAll("[tabindex='0']")) {
    if (!e.getAttribute("role") || !named(e)) faults.push(`takes the focus without a role: ${e.outerHTML.slice(0, 80)}`);
  }
  for (const e of document.querySelectorAll("img:not([alt]), svg:not([role=img]):not([aria-hidden=true])")) faults.push(`no text: ${e.tagName}`);
  for (const e of document.querySelectorAll("th:not([scope])")) faults.push(`th without scope: ${e.textContent}`);
  if (document.querySelector("[style], style, script:not([src])")) faults.push("style or script within the page");

  // Targets of at least 24 px where they stand alone, and text that can be read on its ground.
  for (const e of document.querySelectorAll("button, input:not([type=hidden]), select, summary, nav a")) {
    const box = e.getBoundingClientRect();
    if (shown(e) && (box.height < 24 || box.width < 24)) faults.push(`small: ${e.outerHTML.slice(0, 80)}`);
  }
  const parts = colour => (colour.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const [r, g, b, a = 1] = parts(getComputedStyle(e).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const weak = new Set();
  for (const e of all.filter(shown)) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const style = getComputedStyle(e);
    const colour = e.closest("svg") ? style.fill : style.color;
    const [a, b] = [light(parts(colour)), light(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) weak.add(`contrast ${((a + 0.05) / (b + 0.05)).toFixed(1)}: ${e.tagName} ${e.className} ${e.textContent.trim().slice(0, 30)}`);
  }
  for (const e of document.querySelectorAll("[placeholder]")) {
    if (!shown(e)) continue;
    const [a, b] = [light(parts(getComputedStyle(e, "::placeholder").color)), light(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) weak.add(`contrast ${((a + 0.05) / (b + 0.05)).toFixed(1)}: example in ${e.name}`);
  }
  return [...faults, ...weak];
}
