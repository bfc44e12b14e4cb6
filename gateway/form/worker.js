// Keeps the page for when there is no link. It asks the gateway first, so a new page is seen at
// once; finds do not go through here: the page itself keeps them until they are answered.
"use strict";
const KEPT = "havik-form-1";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => kept.add("/")).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).pathname !== "/") return;
  event.respondWith(
    fetch(request)
      .then(async (answer) => {
        if (answer.ok) await (await caches.open(KEPT)).put("/", answer.clone());
        return answer;
      })
      .catch(async () => (await caches.match("/")) || Response.error()),
  );
});
