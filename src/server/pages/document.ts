import { visible } from "./format.ts"
import { type Html, html } from "./html.ts"
import type { Links } from "./links.ts"
import type { Crumb } from "./visit.ts"

/** What stands around every page. */
export interface Frame {
  readonly links: Links
  readonly style: string
  readonly icon: string
  readonly title: string
  readonly crumbs: readonly Crumb[]
  readonly body: Html
  /** Who is signed in. */
  readonly username: string | undefined
}

const description = "Versions of files, and where they come from"

/** A whole page. Nothing in it runs, and its style comes from an address of its own. */
export function renderDocument({ links, style, icon, title, crumbs, body, username }: Frame): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${description}">
<title>${visible(title)} · isofact</title>
<link rel="stylesheet" href="${style}">
<link rel="icon" type="image/svg+xml" href="${icon}">
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="top">
<a class="brand" href="${links.home}"><img src="${icon}" alt="" width="20" height="20">isofact</a>
${username !== undefined && account(links, username)}
</header>
${crumbs.length > 0 && trail(crumbs)}
<main id="content" tabindex="-1">
${body}
</main>
</body>
</html>
`.markup
}

function account({ logout }: Links, username: string): Html {
  return html`<form class="account" method="post" action="${logout}"><span>${visible(username)}</span>
<button type="submit">Sign out</button></form>`
}

function trail(crumbs: readonly Crumb[]): Html {
  const items = crumbs.map(({ label, href }) => html`<li><a href="${href}"><bdi>${visible(label)}</bdi></a></li>`)
  return html`<nav class="trail" aria-label="Where you are"><ol>${items}</ol></nav>`
}

/** The form that asks for a key. `to` is the address to go to then. */
export function loginForm({ login }: Links, to: string, problem?: string): Html {
  return html`<div class="sign-in"><h1>Sign in</h1>
<p class="note">Enter the API key that your programs use. It is checked once and kept nowhere; this browser may then look for eight hours.</p>
${problem && html`<p class="error" id="problem" role="alert">${problem}</p>`}
<form method="post" action="${login}">
<input type="hidden" name="to" value="${to}">
<label for="key">API key</label>
<input id="key" name="key" type="password" required autocomplete="current-password" spellcheck="false"${
    problem && html` aria-describedby="problem" aria-invalid="true"`
  }>
<button class="primary" type="submit">Sign in</button>
</form></div>`
}
