import i18next, { type PostProcessorModule } from 'i18next'
import { initReactI18next, useTranslation } from 'react-i18next'
import type { fr } from '../texts/fr.ts'

export type Language = 'fr' | 'en'
const stored = 'language'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof fr }
  }
}

const initial = (): Language => (localStorage.getItem(stored) === 'en' ? 'en' : 'fr')

/** French keeps its double marks and quotation marks with the word they belong to: no line begins or ends with one alone. */
const unbreakable: PostProcessorModule = {
  type: 'postProcessor',
  name: 'unbreakable',
  process: (text, _key, _options, { language }: { language?: string }) =>
    language === 'fr' ? text.replace(/ (?=[:;?!»](?:\s|[.,)]|$))|(?<=«) /g, '\u00a0') : text,
}

/** Nobody waits for the language they do not read. */
const texts = {
  fr: async () => (await import('../texts/fr.ts')).fr,
  en: async () => (await import('../texts/en.ts')).en,
} as const satisfies Record<Language, () => Promise<typeof fr>>

await i18next
  .use(initReactI18next)
  .use(unbreakable)
  .init({
    postProcess: ['unbreakable'],
    lng: initial(),
    fallbackLng: false,
    resources: { [initial()]: { translation: await texts[initial()]() } },
    interpolation: { escapeValue: false },
  })
document.documentElement.lang = initial()

export const setLanguage = async (language: Language): Promise<void> => {
  if (!i18next.hasResourceBundle(language, 'translation')) i18next.addResourceBundle(language, 'translation', await texts[language]())
  localStorage.setItem(stored, language)
  document.documentElement.lang = language
  await i18next.changeLanguage(language)
}

export const useLanguage = (): Language => (useTranslation().i18n.language === 'en' ? 'en' : 'fr')
