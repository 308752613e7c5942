import { auth, endSession, signOut } from "../../auth.js";

// Signs out here and at Plinto, which sends the browser back.
export async function POST(request) {
  const session = await auth();
  await signOut({ redirect: false });
  const home = `http://${request.headers.get("host")}/`;
  return Response.redirect(session ? endSession(session.idToken, home) : home, 303);
}
