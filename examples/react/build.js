// Bundles app.jsx and serves it with index.html, for development.
import esbuild from "esbuild";

const { ISSUER = "http://localhost:8080/t/demo", CLIENT_ID = "react", PORT = "4005" } = process.env;
const context = await esbuild.context({
  entryPoints: ["app.jsx"],
  bundle: true,
  jsx: "automatic",
  outdir: "public",
  define: { ISSUER: JSON.stringify(ISSUER), CLIENT_ID: JSON.stringify(CLIENT_ID) },
});
await context.serve({ servedir: "public", host: "localhost", port: Number(PORT) });
console.log(`Open http://localhost:${PORT}/`);
