/** MD5 in plain JavaScript, for wherever nothing faster may run. @module isofact/digest/js-md5 */
export { createJsHasher } from "../bytes/js-hasher.ts"
