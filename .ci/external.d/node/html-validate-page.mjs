// html-validate over the page: its recommended rules, with two exceptions.
export default {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // Words in context are cut from the record as they stand, ends of lines included.
    "no-trailing-whitespace": "off",
    // Boxes to tick that belong together have one name, as HTML means it.
    "form-dup-name": ["error", { shared: ["radio", "button", "reset", "submit", "checkbox"] }],
  },
};
