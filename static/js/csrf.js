// Read from the cookie, not from the page: after signing in again in another tab the page's own token is an old one.
export function csrfToken() {
  return document.cookie.match(/(?:^|; )(?:__Host-)?csrf=([^;]+)/)?.[1] ?? "";
}
