// html-validate over the mails: its recommended rules. What is off is what mail needs and web pages should not have.
export default {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // Gmail and Outlook read no <style>, or drop it from what is forwarded: every rule stands at its element too.
    "no-inline-style": "off",
    // Outlook for Windows knows no max-width: a table for it alone keeps lines short.
    "no-conditional-comment": "off",
  },
};
