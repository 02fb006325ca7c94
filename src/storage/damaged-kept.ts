/** As long as `BlobStore.setAside` promises to keep what is damaged, for whoever wants to look at it. */
export const DAMAGED_KEPT_MS: number = 30 * 24 * 60 * 60 * 1000
