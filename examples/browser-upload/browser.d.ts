/** What Chromium has and TypeScript's DOM types have not. */

interface FileSystemHandle {
  queryPermission?(descriptor?: { readonly mode?: "read" | "readwrite" }): Promise<PermissionState>
  requestPermission?(descriptor?: { readonly mode?: "read" | "readwrite" }): Promise<PermissionState>
}

interface DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>
}

interface Window {
  showDirectoryPicker?(options?: { readonly id?: string }): Promise<FileSystemDirectoryHandle>
  showSaveFilePicker?(options?: { readonly suggestedName?: string }): Promise<FileSystemFileHandle>
}
