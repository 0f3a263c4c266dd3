// New tips are told while the inbox is open: by events, else by asking from time to time.
const POLL_MILLISECONDS = 30_000;
const SETTLE_MILLISECONDS = 1_500;
const arrivals = { notice: null, source: null, timer: null };

function stopArrivals() {
  arrivals.source?.close();
  clearInterval(arrivals.timer);
  arrivals.notice = null;
}

function followArrivals() {
  const notice = document.querySelector("[data-arrivals]");
  if (notice === arrivals.notice) return;
  stopArrivals();
  if (!notice) return;
  arrivals.notice = notice;
  const tell = (text) => {
    notice.textContent = text;
    notice.hidden = !text;
  };
  const ask = async () => {
    const answer = await fetch(notice.dataset.arrivals, { redirect: "manual" }).catch(() => null);
    if (answer?.ok) tell(await answer.text());
    // Signed out: there is nothing to ask for any more.
    else if (answer && answer.status < 500) clearInterval(arrivals.timer);
  };
  const poll = () => {
    arrivals.source.close();
    arrivals.timer = setInterval(ask, POLL_MILLISECONDS);
  };
  // The page itself comes first.
  arrivals.timer = setTimeout(() => {
    const source = (arrivals.source = new EventSource(notice.dataset.arrivals));
    source.addEventListener("message", (event) => tell(event.data));
    source.addEventListener("poll", poll);
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) poll();
    });
  }, SETTLE_MILLISECONDS);
}

addEventListener("pagehide", stopArrivals);
addEventListener("pageshow", followArrivals);
