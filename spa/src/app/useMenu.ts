import { scopesOfRole } from '@ates/schema/access';
import { useUser } from '../session/useSession.ts';
import { type MenuEntry, menu } from './menu.ts';

/** The menu's pages that the user's role may see. */
export function useMenu(): readonly MenuEntry[] {
  const { role } = useUser();
  return menu.filter(({ scope }) => scope === undefined || scopesOfRole[role].includes(scope));
}
