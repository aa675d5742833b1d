/** Which of the frame's own dialogs is open. */
class Panels {
  palette = $state(false);
  keys = $state(false);
}
export const panels = new Panels();
