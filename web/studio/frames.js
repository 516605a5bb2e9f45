// What is known of an utterance's playing, and when each frame of it is on the screen.

/** Return the figures of an utterance of which nothing has happened yet. */
export function noFigures() {
  return {
    state: "idle", utterance: null, place: null, chunks: 0, durationMs: 0, duplicates: 0, holes: 0,
    reconnects: 0, epochs: 0, underruns: 0, mismatches: 0, frames: 0, firstChunkMs: null,
    firstPictureMs: null, fromFile: false, blocked: false,
  };
}

/** Call onShown(when on the screen in ms, time in the video in s) for every frame, for ever. */
export function watchFrames(video, onShown) {
  if (!("requestVideoFrameCallback" in HTMLVideoElement.prototype)) {
    video.addEventListener("timeupdate", () => onShown(performance.now(), video.currentTime));
    return;
  }
  const look = (now, frame) => {
    onShown(Math.max(now, frame.expectedDisplayTime), frame.mediaTime);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}
