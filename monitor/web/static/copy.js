// Shows the buttons that copy a citation. Without scripts the text can be marked and copied by hand.
const heard = document.createElement("p"); // what a button came to show, for those who hear the page
heard.className = "unseen";
heard.setAttribute("aria-live", "polite");
document.querySelector("main").append(heard);
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    heard.textContent = ""; // so that the same words are heard a second time
    const text = document.getElementById(button.dataset.copy).textContent;
    const said = await navigator.clipboard.writeText(text).then(() => "Copied", () => "Not copied: mark the text and copy it by hand");
    button.textContent = said;
    heard.textContent = said;
  });
}
