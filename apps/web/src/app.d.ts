declare global {
  namespace App {
    interface PageState {
      /** Opened from a list: the browser's back button closes it again. */
      peek?: string;
    }
  }
}

export {};
