/** What workerd itself provides; as much of it as is used. */
declare module "cloudflare:workers" {
  /** The Worker's bindings, variables and secrets. */
  export const env: { readonly [name: string]: unknown }
}
