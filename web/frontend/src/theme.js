// Runs before the first paint, as a classic script: the chosen theme without a flash of the other.
(() => {
  try {
    const choice = localStorage.getItem('theme');
    if (choice === 'light' || choice === 'dark') document.documentElement.dataset.theme = choice;
  } catch {
    // Storage may be forbidden; the system's theme applies then.
  }
})();
