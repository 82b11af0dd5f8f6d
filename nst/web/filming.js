// A portrait that moves. A phone films with its own camera; a computer's webcam is recorded here,
// mirrored as a mirror shows it: what is filmed is what was seen.
const clips = () => [...document.querySelectorAll('#give-clip input[type=file]')];
let camera = null;  // while it is on: {stream, recording}
const cameraOff = () => {
  camera?.stream.getTracks().forEach(track => track.stop());
  camera = null;
  $('#camera-film').hidden = true;
};
const cameraOn = async button => {
  if (camera) return;
  const {stream} = await webcam({width: {ideal: 960}});
  if (!stream) { say(button, 'No camera; choose a clip'); return; }
  const video = $('#camera-film video'), canvas = $('#camera-film canvas'), record = $('#record');
  camera = {stream, recording: null};
  video.srcObject = stream;
  await video.play();
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const pen = canvas.getContext('2d');
  pen.setTransform(-1, 0, 0, 1, canvas.width, 0);
  const draw = () => {
    if (camera?.stream !== stream) return;
    pen.drawImage(video, 0, 0, canvas.width, canvas.height);
    requestAnimationFrame(draw);
  };
  draw();
  record.textContent = `Record ${record.dataset.seconds} s`;
  $('#camera-film').hidden = false;
  record.focus();
};
const cameraRecord = () => {
  const record = $('#record'), seconds = +record.dataset.seconds;
  if (camera.recording) { camera.recording.stop(); return; }
  const type = ['video/mp4', 'video/webm'].find(one => MediaRecorder.isTypeSupported(one));
  const recording = new MediaRecorder($('#camera-film canvas').captureStream(30),
                                      {mimeType: type, videoBitsPerSecond: 5e6});
  const parts = [], began = performance.now();
  camera.recording = recording;
  recording.ondataavailable = event => parts.push(event.data);
  recording.onstop = () => {
    clearInterval(counting);
    if (!camera) return;  // cancelled
    cameraOff();
    const given = new DataTransfer();
    given.items.add(new File(parts, `selfie.${type.split('/')[1]}`, {type}));
    const [film] = clips();
    film.files = given.files;
    film.dispatchEvent(new Event('change', {bubbles: true}));
  };
  const counting = setInterval(() => {
    const left = seconds - (performance.now() - began) / 1000;
    record.textContent = `Stop (${Math.max(0, left).toFixed(0)} s left)`;
    if (left <= 0 && recording.state === 'recording') recording.stop();
  }, 100);
  recording.start();
};
document.addEventListener('click', event => {
  const button = event.target.closest?.('#film-yourself');
  if (button && !touch && window.isSecureContext && window.MediaRecorder) {
    event.stopPropagation();
    event.preventDefault();
    cameraOn(button);
  }
  if (event.target.id === 'record') cameraRecord();
  if (event.target.id === 'record-cancel') {
    const recording = camera?.recording;
    cameraOff();
    if (recording?.state === 'recording') recording.stop();
  }
}, true);

always(() => {
  for (const [index, one] of clips().entries()) {
    one.accept = touch && !index ? 'video/*' : 'video/*,image/gif,image/webp';
    if (touch && !index) one.setAttribute('capture', 'user');
  }
});
