/** The folder in which a registry keeps all it has, beside the files of its owner: never among the files that are added or checked out. */
export const HOME = ".isofact"

/** `.isofact`, also where the file system folds case. */
export const HOME_NAME = /^\.isofact$/iu
