// Where dialogs stand: any page opens one, and it outlives the menu that it was opened from.
import { createContext, type ReactNode, Suspense, useContext, useState } from 'react';

type Open = (dialog: (close: () => void) => ReactNode) => void;
const Context = createContext<Open | null>(null);

export const ActingProvider = ({ children }: { children: ReactNode }) => {
  const [dialog, setDialog] = useState<ReactNode>(null);
  return (
    <Context.Provider value={(render) => setDialog(render(() => setDialog(null)))}>
      {children}
      <Suspense>{dialog}</Suspense>
    </Context.Provider>
  );
};

/** Opens a dialog over the page. */
export const useDialog = (): Open => {
  const open = useContext(Context);
  if (!open) throw new Error('useDialog outside of an ActingProvider');
  return open;
};
