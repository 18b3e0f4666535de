// How does the kiosk start without a network? Its files are kept by a service worker of its own.
import { clientsClaim } from "workbox-core";
import { cleanupOutdatedCaches, precacheAndRoute } from "workbox-precaching";

declare const __PRECACHE__: { url: string; revision: string | null }[];
declare const self: { skipWaiting(): Promise<void> }; // the types of workers and of pages exclude each other

clientsClaim();
cleanupOutdatedCaches();
precacheAndRoute(__PRECACHE__, { directoryIndex: "", cleanURLs: false });
void self.skipWaiting();
