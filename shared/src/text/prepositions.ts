type Language = 'fr' | 'en'

/** "of Nadia"; in French "de Nadia" and "d’Amina": before a vowel or a silent h the word is elided. */
export const ofWhom = (name: string, language: Language): string => {
  if (language === 'en') return `of ${name}`
  return /^[aeiouyhàâäéèêëîïôöùûüœæ]/i.test(name) ? `d’${name}` : `de ${name}`
}

const articles = [
  [/^(mission|direction|agence|délégation)\b/i, 'à la '],
  [/^(antenne|association|espace|organisme)\b/i, 'à l’'],
  [/^(siège|réseau|pôle|centre)\b/i, 'au '],
] as const

/** "at Mission locale de Lyon"; in French with the article the word takes: "à la Mission locale de Lyon", "au Siège de Bron". */
export const atPlace = (place: string, language: Language): string => {
  if (language === 'en') return `at ${place}`
  const [, article = 'à '] = articles.find(([word]) => word.test(place)) ?? []
  return `${article}${place}`
}
