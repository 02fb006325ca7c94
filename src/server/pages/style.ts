/** The one style sheet. Colours are named once for light and once for dark; every text has a contrast of at least 4.5 to 1. */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --ground: #f7f7f5; --sheet: #fff; --sunk: #f1f1ee; --line: #e1e1dc; --strong-line: #8b8d88;
  --ink: #1d1f21; --soft: #5b5f64; --link: #1b5e8c; --focus: #c77700;
  --alias: #fdf0d2; --alias-ink: #684400; --tag-ink: #43484d;
  --added: #1a6b35; --removed: #a8281e; --changed: #7c5200; --run: #e6eff6; --run-line: #7ba3c0;
  --text: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #141618; --sheet: #1b1e21; --sunk: #16181b; --line: #2e3236; --strong-line: #767c82;
    --ink: #e6e7e5; --soft: #a2a8ae; --link: #85bfe9; --focus: #f0a83a;
    --alias: #423414; --alias-ink: #f6d690; --tag-ink: #c3c8cc;
    --added: #79cf93; --removed: #f2958b; --changed: #e6bb62; --run: #1f303d; --run-line: #4c7696;
  }
}
*, ::before, ::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 var(--text); overflow-wrap: break-word; }
h1, h2, h3, p, ul, ol, dl, dd, figure, pre { margin: 0; padding: 0; }
ul, ol { list-style: none; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: .18em; text-decoration-color: color-mix(in srgb, currentColor 35%, transparent); }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 2px; }
main:focus { outline: none; }
code, pre, .path { font-family: var(--mono); font-size: .875em; }
code { overflow-wrap: anywhere; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 12px; top: 8px; z-index: 1; padding: 4px 10px; background: var(--sheet); }

.top, .trail, main { width: 100%; max-width: 1240px; margin: 0 auto; padding: 0 clamp(16px, 3vw, 32px); }
.top { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 4px 16px; padding-top: 14px; padding-bottom: 10px; }
.brand { display: inline-flex; align-items: center; gap: 8px; color: var(--ink); font-weight: 650; letter-spacing: -.01em; text-decoration: none; }
.brand img { display: block; }
.account { display: flex; align-items: center; gap: 12px; color: var(--soft); font-size: 13px; }
.account span { overflow: hidden; max-width: 40vw; text-overflow: ellipsis; white-space: nowrap; }
.trail { font-size: 13px; }
.trail ol { display: flex; flex-wrap: wrap; gap: 2px 0; }
.trail li { max-width: 100%; overflow-wrap: anywhere; }
.trail li + li::before { content: "/"; padding: 0 8px; color: var(--soft); }
main { padding-top: 18px; padding-bottom: 72px; }

.head { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 12px; margin-bottom: 16px; }
.kind { width: 100%; min-width: 0; margin-bottom: -6px; color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
h1 { font-size: clamp(22px, 3vw, 28px); font-weight: 650; line-height: 1.25; letter-spacing: -.015em; overflow-wrap: anywhere; }
h1 .version { color: var(--soft); font-weight: 450; }
h2 { margin: 0 0 10px; font-size: 15px; font-weight: 650; overflow-wrap: anywhere; }
h2.path, h2 .path { font-size: 14px; font-weight: 500; }
h3 { margin-bottom: 4px; color: var(--soft); font-size: 13px; font-weight: 500; }
section { margin-bottom: 32px; min-width: 0; }
.note, .none { color: var(--soft); }
.note { font-size: 13px; }
section > .note, .summary { margin: -4px 0 10px; }
.slash { color: var(--soft); }
.error { margin: 10px 0; color: var(--removed); font-weight: 550; }
.prose { max-width: 72ch; margin-bottom: 16px; white-space: pre-wrap; overflow-wrap: anywhere; }
section > .prose { margin-bottom: 0; }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
time { white-space: nowrap; }

.chips { display: flex; flex-wrap: wrap; gap: 4px; }
.chips li { max-width: 100%; padding: 0 8px; border: 1px solid transparent; border-radius: 10px; font-size: 12.5px; line-height: 19px; overflow-wrap: anywhere; }
.chips .alias { background: var(--alias); color: var(--alias-ink); font-weight: 550; }
.chips .tag { border-color: var(--line); color: var(--tag-ink); }
td .chips { display: inline; }
td .chips li { display: inline-block; margin: 1px 4px 1px 0; white-space: nowrap; }
td a + .chips { margin-left: 6px; }

.tabs { margin-bottom: 24px; border-bottom: 1px solid var(--line); }
.tabs ul { display: flex; flex-wrap: wrap; gap: 0 22px; }
.tabs li { min-width: 0; max-width: 100%; overflow-wrap: anywhere; }
.tabs a { display: block; margin-bottom: -1px; padding: 6px 0 8px; border-bottom: 2px solid transparent; color: var(--soft); font-size: 14px; text-decoration: none; }
.tabs a:hover { color: var(--ink); border-color: var(--strong-line); }
.tabs [aria-current] { color: var(--ink); font-weight: 600; border-color: var(--ink); }

.columns { display: grid; grid-template-columns: minmax(0, 1fr) 300px; gap: 16px 48px; align-items: start; }
aside { padding-left: 24px; border-left: 1px solid var(--line); }
.facts { display: flex; flex-wrap: wrap; gap: 10px 32px; margin-bottom: 24px; font-size: 14px; }
.facts div { min-width: 0; max-width: 100%; }
.facts dt { color: var(--soft); font-size: 12.5px; }
.facts dd { overflow-wrap: anywhere; }
aside .facts { flex-direction: column; flex-wrap: nowrap; gap: 12px; margin: 0; }
.bar { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 8px 24px; margin-bottom: 16px; }
.bar .facts { margin: 0; }
.quarters { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 20px 32px; margin-top: 24px; font-size: 14px; }
.plain li { overflow-wrap: anywhere; }

.scroll { overflow-x: auto; max-width: 100%; border: 1px solid var(--line); border-radius: 6px; background: var(--sheet); }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { padding: 6px 14px; text-align: left; vertical-align: baseline; font-weight: inherit; }
thead th { padding-top: 7px; color: var(--soft); background: var(--sunk); font-size: 12.5px; font-weight: 500; white-space: nowrap; }
tbody tr { border-top: 1px solid var(--line); }
tbody tr:hover { background: color-mix(in srgb, var(--link) 5%, transparent); }
tbody th:has(.file) { min-width: 18ch; }
tbody th { overflow-wrap: anywhere; }
td { overflow-wrap: break-word; }
th.number, td.number { text-align: right; }
td.number { white-space: nowrap; font-variant-numeric: tabular-nums; }
@media (min-width: 861px) {
  .even table { table-layout: fixed; }
  .even th:first-child { width: 26%; }
  .even th:nth-child(2) { width: 22%; }
  .even th.number { width: 9%; }
}
.data { max-height: 78vh; overflow: auto; }
.data table { width: auto; min-width: 100%; font-size: 13px; }
.data th, .data td { padding: 3px 12px; vertical-align: middle; white-space: nowrap; }
.data thead th { position: sticky; top: 0; }
.data tbody th { min-width: 0; color: var(--soft); font-variant-numeric: tabular-nums; }
.data .long { display: block; width: 52ch; white-space: normal; overflow-wrap: anywhere; }
.clip { display: -webkit-box; max-width: 80ch; overflow: hidden; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
.folder, .file { font-family: var(--mono); font-size: .93em; }
.folder { font-weight: 600; }
.reference bdi::after { content: " ↗"; color: var(--soft); }
.added, .removed, .changed { white-space: nowrap; }
.added { color: var(--added); } .removed { color: var(--removed); } .changed { color: var(--changed); }
.added::before { content: "+ "; } .removed::before { content: "− "; } .changed::before { content: "~ "; }
.summary { display: flex; flex-wrap: wrap; gap: 2px 18px; font-size: 14px; }
.state::before { content: ""; display: inline-block; width: 8px; height: 8px; margin-right: 7px; border-radius: 50%; background: var(--soft); }
.state.running::before { background: var(--link); } .state.finished::before { background: var(--added); } .state.failed::before, .state.crashed::before { background: var(--removed); }
.pager { display: flex; flex-wrap: wrap; justify-content: center; gap: 6px 24px; margin-top: 14px; color: var(--soft); font-size: 13.5px; }

.code { margin-bottom: 14px; }
figcaption { margin-bottom: 4px; color: var(--soft); font-size: 13px; }
pre { overflow: auto; max-height: 70vh; padding: 12px 14px; border: 1px solid var(--line); border-radius: 6px; background: var(--sheet); line-height: 1.55; tab-size: 4; }
pre code { font-size: 1em; overflow-wrap: normal; }
pre.text { white-space: pre-wrap; }
pre.text code { overflow-wrap: anywhere; }
.media img, .media video { display: block; max-width: 100%; max-height: 75vh; border: 1px solid var(--line); border-radius: 6px; background: repeating-conic-gradient(var(--sunk) 0 25%, var(--sheet) 0 50%) 0 0 / 20px 20px; }
.media audio { width: 100%; max-width: 560px; }
.thumb { display: block; min-width: 28px; max-width: 120px; min-height: 28px; max-height: 80px; object-fit: contain; image-rendering: auto; }

.picture { padding: 18px; }
.picture svg { display: block; margin: 0 auto; font-family: var(--text); }
.edge { fill: none; stroke: var(--strong-line); stroke-width: 1.25; }
marker path { fill: var(--strong-line); }
.node rect { fill: var(--sheet); stroke: var(--strong-line); }
.node.run rect { fill: var(--run); stroke: var(--run-line); }
.node text, .picture text { fill: var(--ink); font-size: 13px; }
.picture .detail { fill: var(--soft); font-size: 11.5px; }
.node[aria-current] rect { stroke: var(--focus); stroke-width: 2; }
.node[aria-current] text:not(.detail) { font-weight: 650; }
.node:hover rect { stroke: var(--link); }
.node:focus-visible { outline: none; }
.node:focus-visible rect { stroke: var(--focus); stroke-width: 3; }

label { font-size: 14px; }
input, select, button, .button { padding: 5px 12px; border: 1px solid var(--strong-line); border-radius: 5px; background: var(--sheet); color: var(--ink); font: inherit; font-size: 14px; }
select { max-width: 100%; }
button, .button { display: inline-block; cursor: pointer; text-decoration: none; }
button:hover, .button:hover { background: var(--sunk); }
.account button { padding: 1px 9px; border-color: var(--line); font-size: 13px; }
.primary { border-color: var(--link); background: var(--link); color: var(--sheet); font-weight: 600; }
.primary:hover { background: color-mix(in srgb, var(--link) 85%, var(--ink)); }
.choice { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 10px; font-size: 14px; }
.sign-in { max-width: 400px; margin: 8vh auto 0; }
.sign-in .note { margin: 6px 0 20px; }
.sign-in form { display: grid; gap: 6px; }
.sign-in input { padding: 8px 10px; font-family: var(--mono); }
.sign-in button { margin-top: 10px; padding: 8px; }

@media (max-width: 860px) {
  .columns { grid-template-columns: minmax(0, 1fr); }
  aside { order: -1; padding: 0; border: 0; }
  aside .facts { flex-flow: row wrap; gap: 10px 28px; margin-bottom: 12px; }
}
@media (max-width: 620px) {
  .minor { display: none; }
  th, td { padding: 6px 10px; }
  .picture { padding: 12px; }
}
@media print {
  :root { color-scheme: light; --ground: #fff; --sunk: #fff; }
  .picture svg { max-width: 100%; height: auto; }
  .data table { width: 100%; font-size: 7pt; }
  .data th, .data td { padding: 1px 4px; white-space: normal; overflow-wrap: anywhere; }
  .data .long { width: auto; }
  .account, .skip, .tabs, .choice, .pager { display: none; }
  .columns { display: block; }
  aside { padding: 0; border: 0; }
  aside .facts { flex-flow: row wrap; }
  .scroll, pre { overflow: visible; max-height: none; border-color: #ccc; }
  .data thead th { position: static; }
  .minor { display: revert; }
  section { break-inside: auto; }
  tr, figure, dl div { break-inside: avoid; }
}
`
