// Small manners of forms: JSON is checked while typing, filters apply when chosen, files may be dropped.

function checkJson(area) {
  try {
    JSON.parse(area.value || 'null');
    area.setCustomValidity('');
  } catch (problem) {
    area.setCustomValidity(`This is not JSON: ${problem.message}`);
  }
}

function showFiles(input) {
  const words = input.closest('[data-drop]').querySelector('[data-drop-words]');
  const names = [...input.files].map((file) => file.name);
  if (names.length) words.textContent = names.join(', ');
}

export function watchFields() {
  document.addEventListener('input', (event) => {
    if (event.target.matches('[data-json]')) checkJson(event.target);
  });
  document.addEventListener('change', (event) => {
    if (event.target.form?.matches('[data-auto-submit]')) event.target.form.requestSubmit();
    if (event.target.matches('[data-drop] input[type=file]')) showFiles(event.target);
  });
  document.addEventListener('submit', (event) => {
    // Filters that say nothing stay out of the address.
    if (!event.target.matches('[data-drop-empty]')) return;
    for (const field of event.target.elements) if (field.name && field.value === '') field.disabled = true;
    setTimeout(() => { for (const field of event.target.elements) field.disabled = false; });
  });
  for (const name of ['dragenter', 'dragover', 'dragleave', 'drop']) {
    document.addEventListener(name, (event) => {
      const place = event.target.closest?.('[data-drop]');
      if (!place) return;
      event.preventDefault();
      place.classList.toggle('ui-drop-over', name === 'dragenter' || name === 'dragover');
      if (name !== 'drop') return;
      const input = place.querySelector('input[type=file]');
      input.files = event.dataTransfer.files;
      showFiles(input);
    });
  }
}
