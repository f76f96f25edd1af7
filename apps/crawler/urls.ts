// Addresses of pages, each in one spelling, so that a page is known by it: pure text in, pure text out.

/** Characters of an address; a longer one is no page. */
export const maxUrlLength = 2_048;

/**
 * The one spelling of an address, and undefined for what is no page: another scheme than http and https, what cannot be
 * parsed, more than 2,048 characters. Without fragment, credentials and an empty query; escapes are upper case, and those
 * that need none are undone (RFC 3986, 6.2.2). The order of a query is left as it is: servers may tell it apart.
 * @param text as it stands in a page or on the command line
 * @param base what it is relative to
 *
 * ```ts
 * pageUrl("../%7ebob/?#top", "http://Host:80/a/b"); // "http://host/~bob/"
 * ```
 */
export function pageUrl(text: string, base?: string): string | undefined {
  if (text.length > 4 * maxUrlLength || !URL.canParse(text, base)) return undefined;
  const url = new URL(text, base);
  if ((url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "") return undefined;
  url.hash = "";
  url.username = "";
  url.password = "";
  if (url.search === "") url.search = ""; // a lone question mark goes
  url.pathname = plain(url.pathname);
  url.search = plain(url.search);
  return url.href.length <= maxUrlLength ? url.href : undefined;
}

/** Where a page lives: scheme, name and port. What is said of a host in this app is said of this. */
export function originOf(url: string): string {
  return new URL(url).origin;
}

/** The name of a page's host, with its port where that is not the scheme's own: "example.org", "127.0.0.1:8080". */
export function hostOf(url: string): string {
  return new URL(url).host;
}

function plain(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (code) => {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : code.toUpperCase();
  });
}
