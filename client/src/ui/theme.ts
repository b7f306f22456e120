import { createTheme, type MantineColorsTuple } from '@mantine/core'

/** Neutral slate, and one deep blue for what one can do. */
const slate: MantineColorsTuple = [
  '#f7f8fa',
  '#eef0f4',
  '#e1e5eb',
  '#cbd2dc',
  '#a3aebd',
  '#76839a',
  '#566277',
  '#414c5e',
  '#2b3442',
  '#1a212c',
]
const night: MantineColorsTuple = [
  '#e6eaf0',
  '#c3cbd6',
  '#a3aebd',
  '#8491a3',
  '#4c586a',
  '#384353',
  '#2a3340',
  '#1f2631',
  '#171d26',
  '#11161d',
]
const signature: MantineColorsTuple = [
  '#edf2fd',
  '#d7e2f9',
  '#abc2f2',
  '#7c9fec',
  '#547fe4',
  '#3a6ae0',
  '#2b5fdd',
  '#1d4fc4',
  '#1d3f8f',
  '#162f6c',
]

/** Danger alone; dark enough under white letters in both themes (4.5:1). */
const danger: MantineColorsTuple = [
  '#fdeceb',
  '#fad3d0',
  '#f5aaa5',
  '#ff9c94',
  '#e8655c',
  '#d9463c',
  '#c4302b',
  '#b92a24',
  '#b3261e',
  '#8f1d17',
]

export const theme = createTheme({
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '20px', lineHeight: '28px' },
      h2: { fontSize: '16px', lineHeight: '24px' },
      h3: { fontSize: '14px', lineHeight: '20px' },
    },
  },
  colors: { gray: slate, dark: night, signature, red: danger },
  primaryColor: 'signature',
  primaryShade: { light: 8, dark: 6 },
  defaultRadius: 6,
  cursorType: 'pointer',
  respectReducedMotion: true,
  autoContrast: true,
  // Whoever types a comma means one: it is no letter to be left out, which would make fifteen hours of one and a half.
  components: { NumberInput: { defaultProps: { allowedDecimalSeparators: [',', '.'] } } },
})
