// html-validate over the page: its recommended rules, with one exception.
export default {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // Boxes to tick that belong together have one name, as HTML means it.
    "form-dup-name": ["error", { shared: ["radio", "button", "reset", "submit", "checkbox"] }],
  },
};
