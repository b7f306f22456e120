import type { ReactNode } from 'react'

/** A long list in a frame of its own, within reach of the keyboard. */
export const Scrolling = ({ label, children }: { label: string; children: ReactNode }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (axe scrollable-region-focusable)
  <section className="scrolling" aria-label={label} tabIndex={0}>
    {children}
  </section>
)
