// Runs before each page: pages cannot set cookies, so a renewed token is kept here or nowhere.
export { auth as proxy } from "./auth.js";
