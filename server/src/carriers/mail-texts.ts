import type { BulkVerb } from '@countersign/shared/bulks/bulk.ts'
import { ofWhom } from '@countersign/shared/text/prepositions.ts'

/** What a mail says, by kind, in the language of its reader. Plain text: nothing to track, nothing to click by accident. */
export type MailFacts = {
  readonly name: string
  readonly login: string
  readonly place: string
  readonly address: string
  readonly until: string
  readonly about: string
  /** Of a mass action: what is done, and to how many. */
  readonly mass?: {
    readonly verb: BulkVerb
    readonly accounts: number
    readonly why: string | null
    /** It waits for a countersignature. */
    readonly asked: boolean
    /** The reader sees all of it, and may stop it. */
    readonly whole: boolean
  }
}
export type MailKind =
  | 'invitation'
  | 'enrolment'
  | 'resetAsked'
  | 'resetAskedBefore'
  | 'contactAsked'
  | 'contactLeft'
  | 'contactChanged'
  | 'contactNotice'
  | 'contactRestored'
  | 'restoredNotice'
  | 'resetLink'
  | 'resetNotice'
  | 'ended'
  | 'contained'
  | 'bulk'
  | 'signal'
  | 'passkeysChanged'
  | 'identitiesChanged'
  | 'oneEnough'
  | 'sealBroken'
  | 'console'
  | 'waiting'
  | 'standingIn'
  | 'signedIn'
const deeds = {
  fr: { suspend: 'suspend', revoke: 'révoque', reset: 'demande la réinitialisation de', reinstate: 'réintègre' },
  en: { suspend: 'is suspending', revoke: 'is revoking', reset: 'is asking to reset', reinstate: 'is reinstating' },
} as const satisfies Record<'fr' | 'en', Record<BulkVerb, string>>

const deed = ({ mass }: MailFacts, language: 'fr' | 'en'): string =>
  mass ? `${deeds[language][mass.verb]} ${mass.accounts.toLocaleString(language)}` : ''

type Text = { readonly subject: string; readonly lines: (facts: MailFacts) => readonly string[] }

const french: Record<MailKind, Text> = {
  invitation: {
    subject: 'Votre compte partenaire est ouvert',
    lines: ({ name, login, place, address, until }) => [
      `Bonjour ${name},`,
      `un compte partenaire a été ouvert pour vous (${place}), demandé puis contresigné par deux personnes différentes. Votre identifiant : ${login}`,
      'Choisissez votre mot de passe, que vous serez seul(e) à connaître :',
      address,
      `Ce lien sert une seule fois et s’éteint le ${until}.`,
    ],
  },
  enrolment: {
    subject: 'Un rôle vous est confié : ajoutez un second facteur',
    lines: ({ name, address, until }) => [
      `Bonjour ${name},`,
      'un rôle vous a été confié. Il prendra effet lorsque vous aurez enregistré un second facteur :',
      address,
      `Ce lien sert une seule fois et s’éteint le ${until}.`,
    ],
  },
  resetAsked: {
    subject: 'Une réinitialisation de votre compte a été demandée',
    lines: ({ name, address }) => [
      `Bonjour ${name},`,
      'quelqu’un a demandé à réinitialiser votre accès. Si c’est vous, attendez notre appel au numéro enregistré : rien ne changera avant.',
      'Si ce n’est pas vous, dites-le ici ; votre compte sera aussitôt suspendu :',
      address,
    ],
  },
  contactAsked: {
    subject: 'Un changement de vos coordonnées a été demandé',
    lines: ({ name, address }) => [
      `Bonjour ${name},`,
      'quelqu’un a demandé à remplacer votre adresse ou votre numéro. Si c’est bien votre souhait, ne faites rien : rien ne change avant une contresignature.',
      ...(address
        ? ['Si ce n’est pas vous, dites-le ici ; votre compte sera aussitôt suspendu et la demande annulée :', address]
        : ['Si ce n’est pas vous, prévenez aussitôt votre structure : elle suspend le compte en un clic.']),
    ],
  },
  resetAskedBefore: {
    subject: 'Une réinitialisation a été demandée pour votre compte',
    lines: ({ name, address }) => [
      `Bonjour ${name},`,
      'quelqu’un a demandé à réinitialiser votre compte, dont l’adresse vient de changer. Aucun accès n’est donné avant une contresignature.',
      ...(address
        ? ['Si ce n’est pas vous, dites-le ici ; votre compte sera suspendu et retrouvera l’adresse et le numéro d’avant :', address]
        : ['Si ce n’est pas vous, prévenez aussitôt votre structure : elle suspend le compte en un clic.']),
    ],
  },
  contactLeft: {
    subject: 'Votre compte a une autre adresse',
    lines: ({ name, address, until }) => [
      `Bonjour ${name},`,
      'vos messages vont désormais à une autre adresse : la demande a été contresignée. Aucun accès ne peut être réinitialisé avant 72 heures.',
      ...(address
        ? [`Si ce n’est pas vous, dites-le ici avant le ${until} ; votre compte sera suspendu et retrouvera vos coordonnées :`, address]
        : ['Si ce n’est pas vous, prévenez aussitôt votre structure : elle suspend le compte en un clic.']),
    ],
  },
  contactChanged: {
    subject: 'Vos coordonnées ont changé',
    lines: ({ name, address }) => [
      `Bonjour ${name},`,
      'l’adresse et le numéro de votre compte sont désormais ceux de la demande contresignée. Aucun accès ne peut être réinitialisé avant 72 heures.',
      'Si ce n’est pas vous, dites-le sur la page de votre compte :',
      address,
    ],
  },
  contactNotice: {
    subject: 'Coordonnées changées dans votre périmètre',
    lines: ({ about, place, address }) => [
      `L’adresse ou le numéro ${ofWhom(about, 'fr')} (${place}) vient d’être remplacé après une contresignature.`,
      'Si cela vous surprend, ouvrez la fiche du compte et suspendez-le en un clic :',
      address,
    ],
  },
  contactRestored: {
    subject: 'Votre adresse et votre numéro sont rétablis',
    lines: ({ name, place }) => [
      `Bonjour ${name},`,
      'quelqu’un a répondu « ce n’est pas moi » : votre compte a retrouvé l’adresse et le numéro qu’il avait, et plus personne n’y entre.',
      `Pour y revenir, adressez-vous à votre structure (${place}) : elle demande de nouveaux accès, qu’une autre personne contresigne. Il faut attendre 72 heures : rien n’est réinitialisé aussitôt après un changement de coordonnées.`,
    ],
  },
  restoredNotice: {
    subject: 'Coordonnées rétablies dans votre périmètre',
    lines: ({ about, place, address }) => [
      `« Ce n’est pas moi » : ${about} (${place}) retrouve l’adresse et le numéro d’avant le dernier changement. Plus personne n’entre dans ce compte.`,
      'Regardez qui avait demandé ce changement, et qui l’avait contresigné, avant de demander que la personne revienne. Une réinitialisation attend 72 heures :',
      address,
    ],
  },
  resetLink: {
    subject: 'Votre réinitialisation est contresignée',
    lines: ({ name, address, until }) => [
      `Bonjour ${name},`,
      'votre réinitialisation a été contresignée et toutes vos sessions sont closes. Choisissez un nouveau mot de passe :',
      address,
      `Ce lien sert une seule fois et s’éteint le ${until}.`,
    ],
  },
  resetNotice: {
    subject: 'Réinitialisation contresignée dans votre périmètre',
    lines: ({ about, place, address }) => [
      `L’accès ${ofWhom(about, 'fr')} (${place}) vient d’être réinitialisé après un appel et une contresignature.`,
      'Si cela vous surprend, ouvrez la fiche du compte et suspendez-le en un clic :',
      address,
    ],
  },
  ended: {
    subject: 'Compte suspendu dans votre périmètre',
    lines: ({ about, place, address }) => [
      `Le compte ${ofWhom(about, 'fr')} (${place}) est suspendu : son titulaire a déclaré ne pas être à l’origine d’une demande.`,
      address,
    ],
  },
  contained: {
    subject: 'Compte suspendu dans votre périmètre par un signal critique',
    lines: ({ about, place, address }) => [
      `Ce que fait le compte ${ofWhom(about, 'fr')} (${place}) ressemble à un piratage : la politique du réseau l’a suspendu.`,
      'Voyez les faits ; si tout est en ordre, demandez sa réactivation :',
      address,
    ],
  },
  bulk: {
    subject: 'Action de masse sur des comptes de votre périmètre',
    lines: (facts) => [
      `${facts.about} ${deed(facts, 'fr')} comptes (${facts.place})${facts.mass?.why ? ` : « ${facts.mass.why} »` : ''}.`,
      facts.mass?.asked
        ? 'Une deuxième personne doit contresigner dans les 24 heures : vous le pouvez, ou pouvez refuser.'
        : facts.mass?.whole
          ? 'Si cela vous surprend, ouvrez le lot : vous pouvez l’arrêter, et demander le retour de tous ses comptes en une fois.'
          : 'Des comptes dont vous répondez en font partie. Si cela vous surprend, prévenez un responsable de la politique.',
      facts.address,
    ],
  },
  passkeysChanged: {
    subject: 'Les clés d’accès de votre compte ont changé',
    lines: ({ name, address }) => [
      `Bonjour ${name},`,
      'une clé d’accès vient d’être ajoutée à votre compte, ou retirée. Une clé permet de se connecter et de contresigner à votre place.',
      'Si ce n’est pas vous, dites-le ici ; votre compte sera aussitôt suspendu et ses clés oubliées :',
      address,
    ],
  },
  identitiesChanged: {
    subject: 'Une identité a été liée à votre compte, ou déliée',
    lines: ({ name, address }) => [
      `Bonjour ${name},`,
      'une identité chez un fournisseur comme ProConnect vient d’être liée à votre compte, ou déliée. Une identité liée ouvre votre compte.',
      'Si ce n’est pas vous, dites-le ici ; votre compte sera aussitôt suspendu et ses identités oubliées :',
      address,
    ],
  },
  console: {
    subject: 'Des comptes ont été suspendus depuis la console du serveur',
    lines: ({ place, address }) => [
      `Quelqu’un vient de suspendre des comptes depuis la console du serveur (${place}) : la commande de secours, qui n’ouvre aucun accès.`,
      'Si vous n’en saviez rien, voyez qui est sorti et pourquoi, et prévenez qui tient le serveur :',
      address,
    ],
  },
  signedIn: {
    subject: 'Connexion à votre compte depuis un nouveau navigateur',
    lines: ({ name, address }) => [
      `Bonjour ${name},`,
      'quelqu’un vient de se connecter à votre compte depuis un navigateur que nous ne connaissions pas.',
      'Si c’est vous, il n’y a rien à faire. Sinon, dites-le ici ; votre compte sera aussitôt suspendu :',
      address,
    ],
  },
  waiting: {
    subject: 'Une demande attend votre contresignature',
    lines: ({ name, place, about, address, until }) => [
      `Bonjour ${name},`,
      `la demande n° ${about} (${place}) attend encore une contresignature que vous pouvez donner. Sans réponse le ${until}, c’est non.`,
      'Lisez-la, puis contresignez ou refusez :',
      address,
    ],
  },
  standingIn: {
    subject: 'On compte sur vous pendant une absence',
    lines: ({ name, place, about, address, until }) => [
      `Bonjour ${name},`,
      `${about} est absent(e) du ${place} au ${until} et vous a désigné(e). Vous n’avez aucun droit de plus : ce qui attend sa signature vous est rappelé à sa place.`,
      'Ce qui attend déjà :',
      address,
    ],
  },
  sealBroken: {
    subject: 'Le journal n’est plus celui qui a été scellé',
    lines: ({ address }) => [
      'Le journal ne correspond plus à ce qui a été scellé, ou à ce qu’un témoin en a vu : quelqu’un a modifié la base de données derrière l’application, elle est abîmée, ou une sauvegarde a été remise en place.',
      'Voyez où, prévenez qui tient le serveur et un auditeur, et ne réparez rien avant qu’une copie soit faite :',
      address,
    ],
  },
  oneEnough: {
    subject: 'Un seul compte piraté suffirait',
    lines: ({ place, address }) => [
      `D’après la politique et les rôles en vigueur, un seul compte piraté suffirait aujourd’hui pour obtenir un compte, un accès, un rôle ou une politique (${place}). Cela ne devrait jamais arriver.`,
      'Voyez où, et par quel chemin ; suspendez ou retirez ce qui l’ouvre, puis prévenez les responsables de la politique :',
      address,
    ],
  },
  signal: {
    subject: 'Signal critique dans votre périmètre',
    lines: ({ about, place, address }) => [
      `Ce que fait le compte « ${about} » (${place}) ressemble à un détournement.`,
      'Voyez les faits ; un clic suspend, et un autre montre tout ce que ce compte a touché :',
      address,
    ],
  },
}

const english: Record<MailKind, Text> = {
  invitation: {
    subject: 'Your partner account is open',
    lines: ({ name, login, place, address, until }) => [
      `Hello ${name},`,
      `a partner account has been opened for you (${place}), asked for and countersigned by two different people. Your login: ${login}`,
      'Choose your password, which nobody but you will ever know:',
      address,
      `This link works once and dies on ${until}.`,
    ],
  },
  enrolment: {
    subject: 'You have been given a role: add a second factor',
    lines: ({ name, address, until }) => [
      `Hello ${name},`,
      'you have been given a role. It takes effect once you have enrolled a second factor:',
      address,
      `This link works once and dies on ${until}.`,
    ],
  },
  resetAsked: {
    subject: 'Somebody asked to reset your account',
    lines: ({ name, address }) => [
      `Hello ${name},`,
      'somebody asked to reset your access. If it was you, wait for our call to the number on record: nothing changes before.',
      'If it was not you, say so here; your account is suspended at once:',
      address,
    ],
  },
  contactAsked: {
    subject: 'Somebody asked to change where you are reached',
    lines: ({ name, address }) => [
      `Hello ${name},`,
      'somebody asked to replace your address or your number. If that is what you want, do nothing: nothing changes before a countersignature.',
      ...(address
        ? ['If it was not you, say so here; your account is suspended at once and the request is void:', address]
        : ['If it was not you, tell your structure at once: it suspends the account with one click.']),
    ],
  },
  resetAskedBefore: {
    subject: 'A reset was asked for your account',
    lines: ({ name, address }) => [
      `Hello ${name},`,
      'somebody asked to reset your account, whose address has just changed. No access is given before a countersignature.',
      ...(address
        ? ['If it was not you, say so here; your account is suspended and has its former address and number back:', address]
        : ['If it was not you, tell your structure at once: it suspends the account with one click.']),
    ],
  },
  contactLeft: {
    subject: 'Your account has another address',
    lines: ({ name, address, until }) => [
      `Hello ${name},`,
      'your messages go to another address from now on: the request was countersigned. No access can be reset for 72 hours.',
      ...(address
        ? [
            `If it was not you, say so here before ${until}; your account is suspended and gets its former address and number back:`,
            address,
          ]
        : ['If it was not you, tell your structure at once: it suspends the account with one click.']),
    ],
  },
  contactChanged: {
    subject: 'Where you are reached has changed',
    lines: ({ name, address }) => [
      `Hello ${name},`,
      'the address and number of your account are those of the countersigned request. No access can be reset for 72 hours.',
      'If it was not you, say so on the page of your account:',
      address,
    ],
  },
  contactNotice: {
    subject: 'A contact was changed in your scope',
    lines: ({ about, place, address }) => [
      `The address or number of ${about} (${place}) has just been replaced, after a countersignature.`,
      'If this surprises you, open the account and suspend it with one click:',
      address,
    ],
  },
  contactRestored: {
    subject: 'Your address and number are back',
    lines: ({ name, place }) => [
      `Hello ${name},`,
      'somebody answered “this was not me”: your account has the address and number it had before, and nobody gets in any more.',
      `To come back, turn to your structure (${place}): it asks for new access, and another person countersigns. That takes 72 hours: nothing is reset right after a contact changed.`,
    ],
  },
  restoredNotice: {
    subject: 'A contact was restored in your scope',
    lines: ({ about, place, address }) => [
      `“This was not me”: ${about} (${place}) has the address and number from before the last change. Nobody gets into the account any more.`,
      'See who had asked for that change, and who countersigned it, before you ask for them to come back. A reset waits for 72 hours:',
      address,
    ],
  },
  resetLink: {
    subject: 'Your reset has been countersigned',
    lines: ({ name, address, until }) => [
      `Hello ${name},`,
      'your reset has been countersigned and all your sessions are closed. Choose a new password:',
      address,
      `This link works once and dies on ${until}.`,
    ],
  },
  resetNotice: {
    subject: 'A reset was countersigned in your scope',
    lines: ({ about, place, address }) => [
      `The access of ${about} (${place}) has just been reset, after a call and a countersignature.`,
      'If this surprises you, open the account and suspend it with one click:',
      address,
    ],
  },
  ended: {
    subject: 'An account in your scope is suspended',
    lines: ({ about, place, address }) => [
      `The account of ${about} (${place}) is suspended: its holder says a request was not theirs.`,
      address,
    ],
  },
  contained: {
    subject: 'An account in your scope is suspended by a critical signal',
    lines: ({ about, place, address }) => [
      `What the account of ${about} (${place}) does looks like a hijacking: the policy of the network has suspended it.`,
      'See the facts; if all is well, ask for it to be reinstated:',
      address,
    ],
  },
  bulk: {
    subject: 'A mass action on accounts in your scope',
    lines: (facts) => [
      `${facts.about} ${deed(facts, 'en')} ${facts.mass?.accounts === 1 ? 'account' : 'accounts'} (${facts.place})${facts.mass?.why ? `: “${facts.mass.why}”` : ''}.`,
      facts.mass?.asked
        ? 'A second person has to countersign within 24 hours: you may, or may refuse.'
        : facts.mass?.whole
          ? 'If this surprises you, open the bulk: you can stop it, and ask for all its accounts back at once.'
          : 'Accounts you answer for are among them. If this surprises you, tell a policy owner.',
      facts.address,
    ],
  },
  passkeysChanged: {
    subject: 'The passkeys of your account have changed',
    lines: ({ name, address }) => [
      `Hello ${name},`,
      'a passkey has just been added to your account, or removed. A passkey signs in, and countersigns, in your place.',
      'If it was not you, say so here; your account is suspended at once and its passkeys are forgotten:',
      address,
    ],
  },
  identitiesChanged: {
    subject: 'An identity was linked to your account, or unlinked',
    lines: ({ name, address }) => [
      `Hello ${name},`,
      'an identity at a provider such as ProConnect has just been linked to your account, or unlinked. A linked identity opens your account.',
      'If it was not you, say so here; your account is suspended at once and its identities are forgotten:',
      address,
    ],
  },
  console: {
    subject: 'Accounts were suspended from the server’s console',
    lines: ({ place, address }) => [
      `Somebody has just suspended accounts from the server’s console (${place}): the command for emergencies, which gives nothing.`,
      'If this is news to you, see who is out and why, and tell whoever keeps the server:',
      address,
    ],
  },
  signedIn: {
    subject: 'Your account was signed in to from a new browser',
    lines: ({ name, address }) => [
      `Hello ${name},`,
      'somebody has just signed in to your account from a browser that we did not know.',
      'If it was you, there is nothing to do. If not, say so here; your account is suspended at once:',
      address,
    ],
  },
  waiting: {
    subject: 'A request waits for your countersignature',
    lines: ({ name, place, about, address, until }) => [
      `Dear ${name},`,
      `request ${about} (${place}) still waits for a countersignature that you can give. No answer by ${until} is a no.`,
      'Read it, then countersign or refuse:',
      address,
    ],
  },
  standingIn: {
    subject: 'Somebody counts on you while they are away',
    lines: ({ name, place, about, address, until }) => [
      `Dear ${name},`,
      `${about} is away from ${place} to ${until} and has named you. You have no more rights than before: what waits for them is brought to your mind instead.`,
      'What waits already:',
      address,
    ],
  },
  sealBroken: {
    subject: 'The audit is not what was sealed',
    lines: ({ address }) => [
      'The audit no longer is what was sealed, or what a witness has seen of it: somebody changed the database behind the application, it is damaged, or a backup was put back.',
      'See where, tell whoever keeps the server and an auditor, and repair nothing before a copy is made:',
      address,
    ],
  },
  oneEnough: {
    subject: 'One hijacked account would be enough',
    lines: ({ place, address }) => [
      `Under the policy and the roles in force, one hijacked account would be enough today to obtain an account, an access, a role or a policy (${place}). This should never be.`,
      'See where, and by which path; suspend or take away what opens it, and tell the policy owners:',
      address,
    ],
  },
  signal: {
    subject: 'Critical signal in your scope',
    lines: ({ about, place, address }) => [
      `What the account “${about}” (${place}) does looks like a hijacking.`,
      'See the facts; one click suspends, another shows all that this account has touched:',
      address,
    ],
  },
}

export const wordMail = (kind: MailKind, language: 'fr' | 'en', facts: MailFacts): { subject: string; body: string } => {
  const text = (language === 'fr' ? french : english)[kind]
  return { subject: text.subject, body: `${text.lines(facts).join('\n\n')}\n\nCountersign\n` }
}
