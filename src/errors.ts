/** Every error that Sund can show: its code, HTTP status, what happened to which thing, and what to do next, in both languages. */

type Language = 'en' | 'nb'
type Details = Readonly<Record<string, string | number>>

interface Entry {
  readonly status: number
  /** What, on which thing. `{name}` stands for a detail. */
  readonly what: Readonly<Record<Language, string>>
  /** What to do next. */
  readonly next: Readonly<Record<Language, string>>
}

/** In alphabetical order of the codes: `room.what_happened`. */
const entries = {
  'access.foreign_host': {
    status: 403,
    what: {
      en: 'This address of Sund is not one of this machine.',
      nb: 'Denne adressen til Sund hører ikke til denne maskinen.',
    },
    next: {
      en: 'Use 127.0.0.1 or localhost.',
      nb: 'Bruk 127.0.0.1 eller localhost.',
    },
  },
  'access.foreign_origin': {
    status: 403,
    what: {
      en: 'A page of another site sent this request.',
      nb: 'En side fra et annet nettsted sendte denne forespørselen.',
    },
    next: {
      en: 'Send it from Sund’s own page, or from a program that sends no Origin.',
      nb: 'Send den fra Sunds egen side, eller fra et program som ikke sender Origin.',
    },
  },
  'access.unauthenticated': {
    status: 401,
    what: {
      en: 'The request bears no token that Sund knows.',
      nb: 'Forespørselen har ikke noe token som Sund kjenner.',
    },
    next: {
      en: 'Send “Authorization: Bearer <token>”. The token lies in the file “token” of the data folder.',
      nb: 'Send «Authorization: Bearer <token>». Tokenet ligger i filen «token» i datamappen.',
    },
  },
  'api.port_in_use': {
    status: 409,
    what: {
      en: 'Port {port} of this machine is in use by another program.',
      nb: 'Port {port} på denne maskinen er i bruk av et annet program.',
    },
    next: {
      en: 'Stop that program, or choose another port with --port.',
      nb: 'Stopp det programmet, eller velg en annen port med --port.',
    },
  },
  'cli.address': {
    status: 400,
    what: {
      en: 'The address of Sund is not usable.',
      nb: 'Adressen til Sund kan ikke brukes.',
    },
    next: {
      en: 'Give one such as http://127.0.0.1:4700 with --server or SUND_SERVER; on another machine it must be https, since the token goes with every request.',
      nb: 'Oppgi en som http://127.0.0.1:4700 med --server eller SUND_SERVER. På en annen maskin må den være https, siden tokenet følger hver forespørsel.',
    },
  },
  'cli.list_ambiguous': {
    status: 409,
    what: {
      en: 'The service has {count} lists named {name}.',
      nb: 'Tjenesten har {count} lister som heter {name}.',
    },
    next: {
      en: 'Give the ID of the one that is meant, as listId; `sund connections lists` tells the IDs.',
      nb: 'Oppgi ID-en til den som menes, som listId. `sund connections lists` viser ID-ene.',
    },
  },
  'cli.list_missing': {
    status: 404,
    what: {
      en: 'The service has no list named {name}.',
      nb: 'Tjenesten har ingen liste som heter {name}.',
    },
    next: {
      en: 'Make it at the service, or name one that `sund connections lists` tells.',
      nb: 'Lag den hos tjenesten, eller oppgi en som `sund connections lists` viser.',
    },
  },
  'cli.lost': {
    status: 503,
    what: {
      en: 'Sund stopped telling how far it is.',
      nb: 'Sund sluttet å fortelle hvor langt det er kommet.',
    },
    next: {
      en: 'What was begun goes on; look at it with `sund runs list`.',
      nb: 'Det som er begynt, går videre. Se på det med `sund runs list`.',
    },
  },
  'cli.no_token': {
    status: 401,
    what: {
      en: 'There is no token: {file} is not there or cannot be read.',
      nb: 'Det finnes ikke noe token: {file} er ikke der eller kan ikke leses.',
    },
    next: {
      en: 'Set SUND_TOKEN, or name the data folder with --home or SUND_HOME.',
      nb: 'Sett SUND_TOKEN, eller oppgi datamappen med --home eller SUND_HOME.',
    },
  },
  'cli.not_found': {
    status: 404,
    what: {
      en: 'There is no {kind} named {name}.',
      nb: 'Det finnes ingen {kind} med navnet {name}.',
    },
    next: {
      en: 'Look at the list with `list`; capitals count. A name that is a number is reached by the id.',
      nb: 'Se på listen med `list`. Store bokstaver teller. Et navn som er et tall, nås med id-en.',
    },
  },
  'cli.not_sund': {
    status: 503,
    what: {
      en: 'What answers at {server} is not this Sund.',
      nb: 'Det som svarer på {server}, er ikke denne Sund.',
    },
    next: {
      en: 'Check the address, and that both are of the same version.',
      nb: 'Kontroller adressen, og at begge har samme versjon.',
    },
  },
  'cli.other_destination': {
    status: 422,
    what: {
      en: 'The connection {name} is to another destination than the file says.',
      nb: 'Tilkoblingen {name} er til en annen destinasjon enn filen sier.',
    },
    next: {
      en: 'Give the new one another name: what is known about the lists of the old one does not hold for it.',
      nb: 'Gi den nye et annet navn: Det som er kjent om listene til den gamle, gjelder ikke for den.',
    },
  },
  'cli.unreachable': {
    status: 503,
    what: {
      en: 'Sund does not answer at {server}.',
      nb: 'Sund svarer ikke på {server}.',
    },
    next: {
      en: 'Start it with `sund serve`, or give its address with --server or SUND_SERVER.',
      nb: 'Start det med `sund serve`, eller oppgi adressen med --server eller SUND_SERVER.',
    },
  },
  'config.invalid': {
    status: 400,
    what: {
      en: 'The setting {name} is not usable: {problem}.',
      nb: 'Innstillingen {name} kan ikke brukes: {problem}.',
    },
    next: {
      en: 'Correct {name} in the environment, then start again.',
      nb: 'Rett {name} i miljøet og start på nytt.',
    },
  },
  'connection.consent_denied': {
    status: 403,
    what: {
      en: 'The sign-in at the service was declined.',
      nb: 'Påloggingen hos tjenesten ble avslått.',
    },
    next: {
      en: 'Sign in again and agree, or ask an administrator of that account to.',
      nb: 'Logg på igjen og godta, eller be en administrator av den kontoen om det.',
    },
  },
  'connection.exists': {
    status: 409,
    what: {
      en: 'There is already a connection named {name}.',
      nb: 'Det finnes allerede en tilkobling som heter {name}.',
    },
    next: {
      en: 'Choose another name.',
      nb: 'Velg et annet navn.',
    },
  },
  'connection.in_use': {
    status: 409,
    what: {
      en: 'The connection {name} is used by an export.',
      nb: 'Tilkoblingen {name} brukes av en eksport.',
    },
    next: {
      en: 'Remove the exports that use it first.',
      nb: 'Fjern først eksportene som bruker den.',
    },
  },
  'connection.missing': {
    status: 404,
    what: {
      en: 'There is no connection with the id {id}.',
      nb: 'Det finnes ingen tilkobling med id {id}.',
    },
    next: {
      en: 'Look at the list of connections; it may have been removed.',
      nb: 'Se på listen over tilkoblinger. Den kan være fjernet.',
    },
  },
  'connection.no_sign_in': {
    status: 409,
    what: {
      en: '{destination} takes a key; there is nothing to sign in to.',
      nb: '{destination} bruker en nøkkel, så det er ingenting å logge på.',
    },
    next: {
      en: 'Give the key in the credentials of the connection.',
      nb: 'Oppgi nøkkelen i tilkoblingens påloggingsinformasjon.',
    },
  },
  'connection.not_signed_in': {
    status: 409,
    what: {
      en: 'The connection {name} has no sign-in.',
      nb: 'Tilkoblingen {name} er ikke logget på.',
    },
    next: {
      en: 'Sign in for this connection.',
      nb: 'Logg på for denne tilkoblingen.',
    },
  },
  'connection.sign_in_refused': {
    status: 502,
    what: {
      en: 'The service refused the sign-in: {reason}',
      nb: 'Tjenesten avviste påloggingen: {reason}',
    },
    next: {
      en: 'Check the credentials of the connection, then sign in again.',
      nb: 'Kontroller tilkoblingens påloggingsinformasjon, og logg på igjen.',
    },
  },
  'connection.sign_in_timed_out': {
    status: 408,
    what: {
      en: 'Nobody completed the sign-in at the service in time.',
      nb: 'Ingen fullførte påloggingen hos tjenesten i tide.',
    },
    next: {
      en: 'Sign in again.',
      nb: 'Logg på igjen.',
    },
  },
  'connection.sign_in_unreadable': {
    status: 502,
    what: {
      en: 'The service answered the sign-in with something that is not a lasting grant.',
      nb: 'Tjenesten svarte på påloggingen med noe som ikke er en varig tilgang.',
    },
    next: {
      en: 'Sign in again; if it stays so, check how the app is registered at the service.',
      nb: 'Logg på igjen. Hvis det gjentar seg, kontroller hvordan appen er registrert hos tjenesten.',
    },
  },
  'database.in_use': {
    status: 409,
    what: {
      en: 'The database at {where} is in use by another Sund process ({owner}).',
      nb: 'Databasen på {where} er i bruk av en annen Sund-prosess ({owner}).',
    },
    next: {
      en: 'Stop that process, or give this one a database of its own.',
      nb: 'Stopp den prosessen, eller gi denne sin egen database.',
    },
  },
  'database.migration_changed': {
    status: 500,
    what: {
      en: 'The migration {migration} was changed after it ran on this database.',
      nb: 'Migreringen {migration} er endret etter at den ble kjørt på denne databasen.',
    },
    next: {
      en: 'Install the version of Sund that this database was last used with.',
      nb: 'Installer versjonen av Sund som databasen sist ble brukt med.',
    },
  },
  'database.newer': {
    status: 500,
    what: {
      en: 'This database was used by a newer Sund: it has the migration {migration}, which this version does not know.',
      nb: 'Databasen er brukt av en nyere Sund: Den har migreringen {migration}, som denne versjonen ikke kjenner.',
    },
    next: {
      en: 'Install that newer version of Sund again.',
      nb: 'Installer den nyere versjonen av Sund igjen.',
    },
  },
  'database.unreachable': {
    status: 503,
    what: {
      en: 'PostgreSQL at {where} does not answer: {reason}.',
      nb: 'PostgreSQL på {where} svarer ikke: {reason}.',
    },
    next: {
      en: 'Check the address, name and password, and that the server runs; then start again.',
      nb: 'Kontroller adresse, navn og passord, og at serveren kjører. Start så på nytt.',
    },
  },
  'destination.no_choices': {
    status: 404,
    what: {
      en: '{destination} has nothing to choose from for the setting {setting}.',
      nb: '{destination} har ingenting å velge mellom for innstillingen {setting}.',
    },
    next: {
      en: 'Enter the value as the destination’s help says; `sund destinations show` names the settings that can be chosen.',
      nb: 'Skriv inn verdien slik hjelpen til destinasjonen sier. `sund destinations show` nevner innstillingene som kan velges.',
    },
  },
  'destination.setting_missing': {
    status: 422,
    what: {
      en: '{destination} needs a value for “{setting}”.',
      nb: '{destination} trenger en verdi for «{setting}».',
    },
    next: {
      en: 'Fill it in on the connection or the export.',
      nb: 'Fyll den ut på tilkoblingen eller eksporten.',
    },
  },
  'destination.unknown': {
    status: 404,
    what: {
      en: 'Sund cannot send to “{slug}”. It knows: {slugs}.',
      nb: 'Sund kan ikke sende til «{slug}». Den kjenner: {slugs}.',
    },
    next: {
      en: 'Correct the name of the destination.',
      nb: 'Rett navnet på destinasjonen.',
    },
  },
  'dryrun.export_running': {
    status: 409,
    what: {
      en: 'The export “{export}” is running (run {run}), so what its next run would do is not known yet.',
      nb: 'Eksporten «{export}» kjører (kjøring {run}), så hva neste kjøring vil gjøre, er ikke kjent ennå.',
    },
    next: {
      en: 'Ask again when the run has ended.',
      nb: 'Spør igjen når kjøringen er ferdig.',
    },
  },
  'dryrun.missing': {
    status: 404,
    what: {
      en: 'There is no dry run with the id {id} (any more).',
      nb: 'Det finnes ingen prøvekjøring med id-en {id} (lenger).',
    },
    next: {
      en: 'Ask for a new one. The last ones are kept until Sund is started anew.',
      nb: 'Be om en ny. De siste blir tatt vare på til Sund startes på nytt.',
    },
  },
  'export.exists': {
    status: 409,
    what: {
      en: 'There is already an export named {name}.',
      nb: 'Det finnes allerede en eksport som heter {name}.',
    },
    next: {
      en: 'Choose another name.',
      nb: 'Velg et annet navn.',
    },
  },
  'export.leaving': {
    status: 409,
    what: {
      en: 'The export {name} is being removed: its last run takes our people off its lists.',
      nb: 'Eksporten {name} er i ferd med å fjernes: Den siste kjøringen tar personene våre ut av listene.',
    },
    next: {
      en: 'Approve its last run. To keep the export, cancel that run; to leave the people where they are, remove the export once more without emptying its lists.',
      nb: 'Godkjenn den siste kjøringen. Avbryt den for å beholde eksporten, eller fjern eksporten på nytt uten å tømme listene for å la personene være.',
    },
  },
  'export.missing': {
    status: 404,
    what: {
      en: 'There is no export with the id {id}.',
      nb: 'Det finnes ingen eksport med id {id}.',
    },
    next: {
      en: 'Look at the list of exports; it may have been removed.',
      nb: 'Se på listen over eksporter. Den kan være fjernet.',
    },
  },
  'export.nobody': {
    status: 409,
    what: {
      en: 'Nobody is in the segments of the export “{export}” now.',
      nb: 'Ingen er i segmentene til eksporten «{export}» nå.',
    },
    next: {
      en: 'Refresh, or look at the rules of the segments; or name a person by the customer ID.',
      nb: 'Oppdater, eller se på reglene til segmentene. Du kan også oppgi en kunde-ID.',
    },
  },
  'export.running': {
    status: 409,
    what: {
      en: 'The export {name} has a run that is not settled.',
      nb: 'Eksporten {name} har en kjøring som ikke er gjort opp.',
    },
    next: {
      en: 'Wait until the run has ended, or cancel it, then try again.',
      nb: 'Vent til kjøringen er ferdig, eller avbryt den, og prøv igjen.',
    },
  },
  'file.invalid': {
    status: 400,
    what: {
      en: 'The file {file} cannot be used.',
      nb: 'Filen {file} kan ikke brukes.',
    },
    next: {
      en: 'Correct the places that are named; nothing was changed.',
      nb: 'Rett stedene som er nevnt. Ingenting er endret.',
    },
  },
  'file.unreadable': {
    status: 400,
    what: {
      en: 'The file {file} cannot be read.',
      nb: 'Filen {file} kan ikke leses.',
    },
    next: {
      en: 'Check its name, and that you may read it.',
      nb: 'Kontroller navnet, og at du har lov til å lese den.',
    },
  },
  'home.disk_full': {
    status: 507,
    what: {
      en: 'The disk that holds the data folder is full. What was being written was undone.',
      nb: 'Disken som datamappen ligger på, er full. Det som ble skrevet, er gjort om.',
    },
    next: {
      en: 'Free some space, then run again: nothing is lost.',
      nb: 'Frigjør plass og kjør på nytt. Ingenting er tapt.',
    },
  },
  'home.in_use': {
    status: 409,
    what: {
      en: 'The data folder {folder} is in use by another Sund process (pid {pid}).',
      nb: 'Datamappen {folder} er i bruk av en annen Sund-prosess (pid {pid}).',
    },
    next: {
      en: 'Stop that process, or choose another folder with --home.',
      nb: 'Stopp den prosessen, eller velg en annen mappe med --home.',
    },
  },
  'home.lost': {
    status: 503,
    what: {
      en: 'The data folder {folder} is no longer held by this process: its database connection was lost.',
      nb: 'Datamappen {folder} holdes ikke lenger av denne prosessen: Databaseforbindelsen gikk tapt.',
    },
    next: {
      en: 'Start Sund again; it goes on where it was.',
      nb: 'Start Sund på nytt. Den fortsetter der den var.',
    },
  },
  'home.planes_disagree': {
    status: 409,
    what: {
      en: 'The data in {folder} does not belong to its database: one of them was replaced or restored alone.',
      nb: 'Dataene i {folder} hører ikke til databasen: Den ene er byttet ut eller gjenopprettet alene.',
    },
    next: {
      en: 'Restore both from the same moment, or start with a new data folder and a new database.',
      nb: 'Gjenopprett begge fra samme tidspunkt, eller begynn med en ny datamappe og en ny database.',
    },
  },
  'home.unwritable': {
    status: 500,
    what: {
      en: 'The data folder {folder} cannot be written: {reason}.',
      nb: 'Det går ikke an å skrive i datamappen {folder}: {reason}.',
    },
    next: {
      en: 'Give this user the right to write there, or choose another folder with --home.',
      nb: 'Gi denne brukeren skriverett der, eller velg en annen mappe med --home.',
    },
  },
  'idempotency.in_flight': {
    status: 409,
    what: {
      en: 'A request with this Idempotency-Key is being worked on.',
      nb: 'En forespørsel med denne Idempotency-Key er under arbeid.',
    },
    next: {
      en: 'Wait, then send it again with the same key to get its answer.',
      nb: 'Vent, og send den igjen med samme nøkkel for å få svaret.',
    },
  },
  'idempotency.interrupted': {
    status: 409,
    what: {
      en: 'A request with this Idempotency-Key was cut short: nobody knows how far it came.',
      nb: 'En forespørsel med denne Idempotency-Key ble avbrutt. Ingen vet hvor langt den kom.',
    },
    next: {
      en: 'Look whether it took effect. If it did not, send it again with a new key.',
      nb: 'Se om den hadde virkning. Hvis ikke, send den på nytt med en ny nøkkel.',
    },
  },
  'idempotency.reused': {
    status: 422,
    what: {
      en: 'This Idempotency-Key belongs to another request.',
      nb: 'Denne Idempotency-Key hører til en annen forespørsel.',
    },
    next: {
      en: 'Use a new key for a new request.',
      nb: 'Bruk en ny nøkkel for en ny forespørsel.',
    },
  },
  'list.closed': {
    status: 409,
    what: {
      en: 'No export fills the list “{list}” any more.',
      nb: 'Ingen eksport fyller listen «{list}» lenger.',
    },
    next: {
      en: 'Put its segment on the export again, or choose the list there, and try again.',
      nb: 'Ta segmentet inn i eksporten igjen, eller velg listen der, og prøv på nytt.',
    },
  },
  'list.filled': {
    status: 409,
    what: {
      en: 'An export fills the list “{list}”.',
      nb: 'En eksport fyller listen «{list}».',
    },
    next: {
      en: 'Take its segment off the export, or choose another list there, and try again.',
      nb: 'Ta segmentet ut av eksporten, eller velg en annen liste der, og prøv på nytt.',
    },
  },
  'list.missing': {
    status: 404,
    what: {
      en: 'There is no list with the id {id}.',
      nb: 'Det finnes ingen liste med id {id}.',
    },
    next: {
      en: 'Look at the lists of the exports; its export may have been removed.',
      nb: 'Se på listene til eksportene. Eksporten kan være fjernet.',
    },
  },
  'list.not_found_yet': {
    status: 409,
    what: {
      en: 'No run has found the list “{list}” at the service yet.',
      nb: 'Ingen kjøring har funnet listen «{list}» hos tjenesten ennå.',
    },
    next: {
      en: 'Run the export first. If Sund has to know whose the list is, the run says so.',
      nb: 'Kjør eksporten først. Hvis Sund må vite hvem listen hører til, sier kjøringen fra.',
    },
  },
  'list.not_made_here': {
    status: 409,
    what: {
      en: 'The list “{list}” was chosen by its ID, so Sund cannot make it.',
      nb: 'Listen «{list}» ble valgt med ID, så Sund kan ikke lage den.',
    },
    next: {
      en: 'Make a list at {destination} and choose that one for the export.',
      nb: 'Lag en liste hos {destination}, og velg den for eksporten.',
    },
  },
  'list.other_account': {
    status: 409,
    what: {
      en: 'The list “{list}” is in another account than the one that the connection of the export {export} leads to.',
      nb: 'Listen «{list}» ligger i en annen konto enn den tilkoblingen til eksporten {export} fører til.',
    },
    next: {
      en: 'Give the export its former connection and try again, or forget the list: then the people stay on it.',
      nb: 'Gi eksporten den forrige tilkoblingen og prøv på nytt, eller glem listen: Da blir personene stående.',
    },
  },
  'list.still_there': {
    status: 409,
    what: {
      en: '{destination} still has the list “{list}”.',
      nb: '{destination} har fortsatt listen «{list}».',
    },
    next: {
      en: 'Run the export. A list is made again only where it is gone.',
      nb: 'Kjør eksporten. En liste lages på nytt bare når den er borte.',
    },
  },
  'list.taken': {
    status: 409,
    what: {
      en: 'The list {list} is already filled by the export {export}.',
      nb: 'Listen {list} fylles allerede av eksporten {export}.',
    },
    next: {
      en: 'Choose another list, or add the segments to that export. If that export fills it no more, have Sund forget the list there.',
      nb: 'Velg en annen liste, eller legg segmentene til den eksporten. Hvis den eksporten ikke fyller den lenger, kan Sund glemme listen der.',
    },
  },
  'outbound.endpoint_not_loopback': {
    status: 400,
    what: {
      en: 'The endpoint of {destination} is at {host}, which is not this machine.',
      nb: 'Endepunktet for {destination} er på {host}, som ikke er denne maskinen.',
    },
    next: {
      en: 'Use an address on 127.0.0.1, or allow the endpoint of {destination} by name.',
      nb: 'Bruk en adresse på 127.0.0.1, eller tillat endepunktet for {destination} ved navn.',
    },
  },
  'postgres.failed': {
    status: 500,
    what: {
      en: 'The PostgreSQL in {folder} did not start: {reason}.',
      nb: 'PostgreSQL i {folder} startet ikke: {reason}.',
    },
    next: {
      en: 'Read server.log in that folder; nothing was changed.',
      nb: 'Les server.log i den mappen. Ingenting er endret.',
    },
  },
  'postgres.missing': {
    status: 500,
    what: {
      en: 'Sund has no PostgreSQL of its own for {platform}.',
      nb: 'Sund har ingen egen PostgreSQL for {platform}.',
    },
    next: {
      en: 'Install the optional packages (npm install), or set DATABASE_URL to a server of yours.',
      nb: 'Installer de valgfrie pakkene (npm install), eller sett DATABASE_URL til en egen server.',
    },
  },
  'profile.missing': {
    status: 404,
    what: {
      en: 'The current profiles have nobody with this customer ID.',
      nb: 'Ingen i de gjeldende profilene har denne kunde-ID-en.',
    },
    next: {
      en: 'Search for the person; the ID may have changed with the last refresh.',
      nb: 'Søk etter personen. ID-en kan ha endret seg ved siste oppdatering.',
    },
  },
  'profiles.missing': {
    status: 409,
    what: {
      en: 'No profiles have been unified yet.',
      nb: 'Ingen profiler er forent ennå.',
    },
    next: {
      en: 'Refresh the sources first.',
      nb: 'Oppdater kildene først.',
    },
  },
  'refresh.definition_invalid': {
    status: 422,
    what: {
      en: 'The declaration of {what} is not usable: {problem} (at “{path}”).',
      nb: 'Deklarasjonen av {what} kan ikke brukes: {problem} (ved «{path}»).',
    },
    next: {
      en: 'Correct it, then refresh again. What was ingested before stays in use.',
      nb: 'Rett den, og oppdater på nytt. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'refresh.missing': {
    status: 404,
    what: { en: 'There is no refresh {id}.', nb: 'Det finnes ingen oppdatering {id}.' },
    next: { en: 'Look at the list of refreshes.', nb: 'Se i listen over oppdateringer.' },
  },
  'refresh.no_folder': {
    status: 409,
    what: {
      en: 'The folder of the source files is not set, so the table “{table}” cannot be read.',
      nb: 'Mappen for kildefilene er ikke angitt, så tabellen «{table}» kan ikke leses.',
    },
    next: { en: 'Set the folder of the source files.', nb: 'Angi mappen for kildefilene.' },
  },
  'refresh.no_unification': {
    status: 409,
    what: {
      en: 'It is not declared how the tables make the profiles.',
      nb: 'Det er ikke angitt hvordan tabellene blir til profiler.',
    },
    next: { en: 'Declare the unification, then refresh again.', nb: 'Angi foreningen, og oppdater på nytt.' },
  },
  'refresh.unexpected': {
    status: 500,
    what: {
      en: 'The refresh stopped on an error of ours: {reason}',
      nb: 'Oppdateringen stoppet på en feil hos oss: {reason}',
    },
    next: {
      en: 'What was ingested before stays in use. Refresh again; if it stops again, report the error with this text.',
      nb: 'Det som ble lest inn tidligere, brukes fortsatt. Oppdater på nytt. Stopper den igjen, melder du feilen med denne teksten.',
    },
  },
  'request.failed': {
    status: 500,
    what: {
      en: 'Sund met an error of its own while it worked on this. Its number in the log is {number}.',
      nb: 'Det oppsto en feil i Sund under arbeidet med dette. Nummeret i loggen er {number}.',
    },
    next: {
      en: 'Try again; if it fails again, report it with what the log says.',
      nb: 'Prøv igjen. Hvis det feiler igjen, melder du det med det som står i loggen.',
    },
  },
  'request.head_too_large': {
    status: 431,
    what: {
      en: 'The head of the request is larger than Sund takes.',
      nb: 'Hodet i forespørselen er større enn Sund tar imot.',
    },
    next: {
      en: 'Send fewer and shorter headers.',
      nb: 'Send færre og kortere hoder.',
    },
  },
  'request.invalid': {
    status: 400,
    what: {
      en: 'Some values of the request are not of the form that is asked for.',
      nb: 'Noen verdier i forespørselen har ikke den formen som kreves.',
    },
    next: {
      en: 'Correct what is named under “errors”, then send it again.',
      nb: 'Rett det som er nevnt under «errors», og send på nytt.',
    },
  },
  'request.malformed': {
    status: 400,
    what: {
      en: 'The body of the request is not JSON that Sund reads.',
      nb: 'Innholdet i forespørselen er ikke JSON som Sund leser.',
    },
    next: {
      en: 'Send JSON in UTF-8, nested at most {depth} deep, without keys such as __proto__.',
      nb: 'Send JSON i UTF-8, høyst {depth} nivåer dyp, uten nøkler som __proto__.',
    },
  },
  'request.media_type': {
    status: 415,
    what: {
      en: 'The body of the request is not sent as application/json.',
      nb: 'Innholdet i forespørselen er ikke sendt som application/json.',
    },
    next: {
      en: 'Send JSON, with the header “Content-Type: application/json”.',
      nb: 'Send JSON, med hodet «Content-Type: application/json».',
    },
  },
  'request.method': {
    status: 405,
    what: {
      en: 'This address does not know the method {method}.',
      nb: 'Denne adressen kjenner ikke metoden {method}.',
    },
    next: {
      en: 'Use one of: {allowed}.',
      nb: 'Bruk en av disse: {allowed}.',
    },
  },
  'request.no_precondition': {
    status: 428,
    what: {
      en: 'The request does not say which version it changes.',
      nb: 'Forespørselen sier ikke hvilken versjon den endrer.',
    },
    next: {
      en: 'Read the thing first, and send its ETag as If-Match; where there is none yet, send “If-None-Match: *”.',
      nb: 'Les det først, og send ETag-en som If-Match. Finnes det ikke ennå, send «If-None-Match: *».',
    },
  },
  'request.not_found': {
    status: 404,
    what: {
      en: 'There is nothing at this address.',
      nb: 'Det finnes ingenting på denne adressen.',
    },
    next: {
      en: 'Look at the addresses in /api/v1/openapi.json.',
      nb: 'Se på adressene i /api/v1/openapi.json.',
    },
  },
  'request.not_http': {
    status: 400,
    what: {
      en: 'This is not HTTP that Sund reads.',
      nb: 'Dette er ikke HTTP som Sund leser.',
    },
    next: {
      en: 'Send HTTP/1.1, with one length of the body.',
      nb: 'Send HTTP/1.1, med én lengde på innholdet.',
    },
  },
  'request.stale': {
    status: 412,
    what: {
      en: 'Somebody changed this after it was read.',
      nb: 'Noen har endret dette etter at det ble lest.',
    },
    next: {
      en: 'Read it again, and make the change on what is there now.',
      nb: 'Les det på nytt, og gjør endringen på det som står der nå.',
    },
  },
  'request.timed_out': {
    status: 408,
    what: {
      en: 'The request did not arrive in time.',
      nb: 'Forespørselen kom ikke fram i tide.',
    },
    next: {
      en: 'Send it again.',
      nb: 'Send den på nytt.',
    },
  },
  'request.too_large': {
    status: 413,
    what: {
      en: 'The request is larger than Sund takes.',
      nb: 'Forespørselen er større enn Sund tar imot.',
    },
    next: {
      en: 'Send less at once.',
      nb: 'Send mindre om gangen.',
    },
  },
  'request.unusable': {
    status: 422,
    what: {
      en: 'Some values of the request cannot be used as they are.',
      nb: 'Noen verdier i forespørselen kan ikke brukes som de er.',
    },
    next: {
      en: 'Correct what is named under “errors”, then send it again.',
      nb: 'Rett det som er nevnt under «errors», og send på nytt.',
    },
  },
  'run.already_settled': {
    status: 409,
    what: {
      en: 'The run {id} has ended and cannot be changed.',
      nb: 'Kjøringen {id} er avsluttet og kan ikke endres.',
    },
    next: {
      en: 'Start a new run of the export.',
      nb: 'Start en ny kjøring av eksporten.',
    },
  },
  'run.delta_changed': {
    status: 409,
    what: {
      en: 'What run {id} would do is not what was approved.',
      nb: 'Det kjøring {id} ville gjøre, er ikke det som ble godkjent.',
    },
    next: {
      en: 'Look at the run again, and approve what it shows now.',
      nb: 'Se på kjøringen på nytt, og godkjenn det den viser nå.',
    },
  },
  'run.destination_field_missing': {
    status: 422,
    what: {
      en: 'The data matching of the export “{export}” fills the field “{field}”, which {destination} does not have. It has: {found}.',
      nb: 'Datamatchingen i eksporten «{export}» fyller feltet «{field}», som {destination} ikke har. Feltene der er: {found}.',
    },
    next: {
      en: 'Make the field at the service, or take it out of the data matching. Nothing was sent.',
      nb: 'Opprett feltet i tjenesten, eller ta det ut av datamatchingen. Ingenting er sendt.',
    },
  },
  'run.destination_refused': {
    status: 502,
    what: {
      en: '{destination} stopped the run ({cause}): {reason}',
      nb: '{destination} stoppet kjøringen ({cause}): {reason}',
    },
    next: {
      en: 'Mend what it says, then run the export again: what was acknowledged is not sent twice.',
      nb: 'Rett det som står der, og kjør eksporten på nytt. Det som er bekreftet, sendes ikke to ganger.',
    },
  },
  'run.destination_unreachable': {
    status: 503,
    what: {
      en: '{destination} could not be reached: {reason}',
      nb: '{destination} kunne ikke nås: {reason}',
    },
    next: {
      en: 'Nothing is lost. Run the export again when the service answers.',
      nb: 'Ingenting er tapt. Kjør eksporten på nytt når tjenesten svarer.',
    },
  },
  'run.dismissed': {
    status: 409,
    what: {
      en: 'Somebody decided not to send it.',
      nb: 'Noen bestemte at den ikke skal sendes.',
    },
    next: {
      en: 'Run the export again to see what it would do now.',
      nb: 'Kjør eksporten på nytt for å se hva den ville gjøre nå.',
    },
  },
  'run.field_missing': {
    status: 422,
    what: {
      en: 'The data matching of the export “{export}” names the field “{field}”, which the profiles do not have. They have: {found}.',
      nb: 'Datamatchingen i eksporten «{export}» nevner feltet «{field}», som profilene ikke har. De har: {found}.',
    },
    next: {
      en: 'Choose another field in the data matching, or add the field to the unification. Nothing was sent.',
      nb: 'Velg et annet felt i datamatchingen, eller legg feltet til i foreningen. Ingenting er sendt.',
    },
  },
  'run.field_not_identifier': {
    status: 422,
    what: {
      en: 'The data matching of the export “{export}” names people by the field “{field}”, which is not an identifier of the profiles.',
      nb: 'Datamatchingen i eksporten «{export}» identifiserer personer med feltet «{field}», som ikke er en identifikator for profilene.',
    },
    next: {
      en: 'Choose a field that the unification marks as an identifier. Nothing was sent.',
      nb: 'Velg et felt som foreningen markerer som identifikator. Ingenting er sendt.',
    },
  },
  'run.held_all_gone': {
    status: 409,
    what: {
      en: 'Nobody would be left in “{list}”: all {present} people whom we added would be removed.',
      nb: 'Ingen ville være igjen i «{list}»: alle {present} personer som vi la til, ville bli fjernet.',
    },
    next: {
      en: 'Check the sources and the segments. If it is meant, approve the run; otherwise mend them and run again.',
      nb: 'Kontroller kildene og segmentene. Godkjenn kjøringen hvis det er meningen. Ellers retter du dem og kjører på nytt.',
    },
  },
  'run.held_last': {
    status: 409,
    what: {
      en: 'As was asked for, {people} people whom we added would be taken off: {lists}.',
      nb: 'Slik det ble bedt om, ville {people} personer som vi la til, bli tatt ut: {lists}.',
    },
    next: {
      en: 'Approve the run to do it. Cancel it to leave everybody where they are.',
      nb: 'Godkjenn kjøringen for å gjøre det. Avbryt den for å la alle stå.',
    },
  },
  'run.held_many_removals': {
    status: 409,
    what: {
      en: '{removed} of {present} people would be removed from “{list}”.',
      nb: '{removed} av {present} personer ville bli fjernet fra «{list}».',
    },
    next: {
      en: 'Check the sources and the segments. If it is meant, approve the run; otherwise mend them and run again.',
      nb: 'Kontroller kildene og segmentene. Godkjenn kjøringen hvis det er meningen. Ellers retter du dem og kjører på nytt.',
    },
  },
  'run.held_many_removals_lately': {
    status: 409,
    what: {
      en: '{removed} people would be removed from “{list}”, {recent} in {days} days, of {present} there now.',
      nb: '{removed} personer ville bli fjernet fra «{list}», {recent} på {days} dager, av {present} som er der nå.',
    },
    next: {
      en: 'Check the sources and the segments. If it is meant, approve the run; otherwise mend them and run again.',
      nb: 'Kontroller kildene og segmentene. Godkjenn kjøringen hvis det er meningen. Ellers retter du dem og kjører på nytt.',
    },
  },
  'run.interrupted': {
    status: 503,
    what: {
      en: 'Run {run} was interrupted.',
      nb: 'Kjøring {run} ble avbrutt.',
    },
    next: {
      en: 'It goes on when Sund works again.',
      nb: 'Den fortsetter når Sund arbeider igjen.',
    },
  },
  'run.list_gone': {
    status: 404,
    what: {
      en: 'The list “{list}” is gone at {destination}. Nothing was sent.',
      nb: 'Listen «{list}» er borte hos {destination}. Ingenting ble sendt.',
    },
    next: {
      en: 'Choose another list for the export. One that Sund made can be made anew, with everybody sent again: `sund lists create-again {id}`.',
      nb: 'Velg en annen liste for eksporten. En som Sund laget, kan lages på nytt, og da sendes alle igjen: `sund lists create-again {id}`.',
    },
  },
  'run.list_missing': {
    status: 404,
    what: {
      en: '{destination} has no list with the ID {list}.',
      nb: '{destination} har ingen liste med ID-en {list}.',
    },
    next: {
      en: 'Copy the list ID from the service again, or choose another list for the export.',
      nb: 'Kopier liste-ID-en fra tjenesten på nytt, eller velg en annen liste for eksporten.',
    },
  },
  'run.list_undecided': {
    status: 409,
    what: {
      en: '{destination} has “{list}” already. Sund did not make it, and {destination} does not tell who is in it.',
      nb: '{destination} har «{list}» fra før. Sund har ikke laget den, og {destination} forteller ikke hvem som står i den.',
    },
    next: {
      en: 'An administrator says whose it is: “sund lists decide {id} ours” if Sund alone fills it, and whoever leaves the segment is removed; “sund lists decide {id} add-only” if others fill it too, and Sund never removes anybody. Then run again. Or rename the segment or the list at the service.',
      nb: 'En administrator sier hvem den hører til: «sund lists decide {id} ours» hvis bare Sund fyller den, og den som forlater segmentet, blir fjernet; «sund lists decide {id} add-only» hvis andre også fyller den, og Sund aldri fjerner noen. Kjør så på nytt. Eller gi segmentet eller listen hos tjenesten et nytt navn.',
    },
  },
  'run.members_missed': {
    status: 502,
    what: {
      en: 'The list “{list}” has {members} members, and the service named only {read} of them.',
      nb: 'Listen «{list}» har {members} medlemmer, og tjenesten oppga bare {read} av dem.',
    },
    next: {
      en: 'Nothing was sent: whoever is missing could be taken for ours and be removed later. Run again in a few minutes, when the service has counted anew.',
      nb: 'Ingenting ble sendt: den som mangler, kunne bli tatt for vår og bli fjernet senere. Kjør på nytt om noen minutter, når tjenesten har talt på nytt.',
    },
  },
  'run.missing': {
    status: 404,
    what: {
      en: 'There is no run with the id {id}.',
      nb: 'Det finnes ingen kjøring med id {id}.',
    },
    next: {
      en: 'Look at the list of runs; its export may have been removed.',
      nb: 'Se på listen over kjøringer. Eksporten kan være fjernet.',
    },
  },
  'run.nobody_fits': {
    status: 409,
    what: {
      en: '{destination} takes none of the people for {list}: each has a value that it refuses.',
      nb: '{destination} tar ingen av personene til {list}: Alle har en verdi den avviser.',
    },
    next: {
      en: 'Look at the invalid people of the run, and change the data matching or the data.',
      nb: 'Se på de ugyldige personene i kjøringen, og endre datatilordningen eller dataene.',
    },
  },
  'run.not_held': {
    status: 409,
    what: {
      en: 'The run {id} does not wait for an approval: it is {status}.',
      nb: 'Kjøringen {id} venter ikke på godkjenning: Den er {status}.',
    },
    next: {
      en: 'Look at the newest run of the export.',
      nb: 'Se på den nyeste kjøringen av eksporten.',
    },
  },
  'run.not_refreshed': {
    status: 409,
    what: {
      en: 'The export “{export}” has nothing to send from: {missing} has not been refreshed.',
      nb: 'Eksporten «{export}» har ikke noe å sende fra: {missing} er ikke oppdatert.',
    },
    next: {
      en: 'Run a refresh first.',
      nb: 'Kjør en oppdatering først.',
    },
  },
  'run.over_connection_limit': {
    status: 409,
    what: {
      en: '{people} people over all exports of this connection, {over} more than the limit of {limit}. Nothing was sent.',
      nb: '{people} personer i alle eksporter for denne tilkoblingen, {over} over grensen på {limit}. Ingenting er sendt.',
    },
    next: {
      en: 'Choose smaller segments, or have an administrator lift the limit on the connection.',
      nb: 'Velg mindre segmenter, eller be en administrator oppheve grensen for tilkoblingen.',
    },
  },
  'run.over_contract_limit': {
    status: 409,
    what: {
      en: '{people} people, {over} more than the {limit} that your contract allows. Nothing was sent.',
      nb: '{people} personer, {over} over de {limit} som avtalen din tillater. Ingenting er sendt.',
    },
    next: {
      en: 'Choose smaller segments, or change the contract limit on the connection.',
      nb: 'Velg mindre segmenter, eller endre avtalegrensen på tilkoblingen.',
    },
  },
  'run.over_export_limit': {
    status: 409,
    what: {
      en: '{people} people in this export, {over} more than the limit of {limit}. Nothing was sent.',
      nb: '{people} personer i denne eksporten, {over} over grensen på {limit}. Ingenting er sendt.',
    },
    next: {
      en: 'Choose smaller segments, or spread them over several exports.',
      nb: 'Velg mindre segmenter, eller fordel dem på flere eksporter.',
    },
  },
  'run.planes_disagree': {
    status: 409,
    what: {
      en: 'What run {run} had sent is no longer known: its outbox is missing from the data folder.',
      nb: 'Det kjøring {run} hadde sendt, er ikke lenger kjent: Utboksen mangler i datamappen.',
    },
    next: {
      en: 'If the data folder was restored from a backup, restore the database of the same moment.',
      nb: 'Hvis datamappen ble gjenopprettet fra en sikkerhetskopi, gjenoppretter du databasen fra samme tidspunkt.',
    },
  },
  'run.records_gone': {
    status: 410,
    what: {
      en: 'The records of run {id} are not kept any more: they go when the export is planned again.',
      nb: 'Postene i kjøring {id} er ikke lagret lenger. De slettes når eksporten planlegges på nytt.',
    },
    next: {
      en: 'Look at the newest run of the export, and at the standing rejects.',
      nb: 'Se på den nyeste kjøringen av eksporten og på avvisningene som står.',
    },
  },
  'run.replaced': {
    status: 409,
    what: {
      en: 'Replaced by run {run}.',
      nb: 'Erstattet av kjøring {run}.',
    },
    next: {
      en: 'Look at that run.',
      nb: 'Se på den kjøringen.',
    },
  },
  'run.unexpected': {
    status: 500,
    what: {
      en: 'The run stopped on an error of ours: {reason}',
      nb: 'Kjøringen stoppet på en feil hos oss: {reason}',
    },
    next: {
      en: 'Run it again; if it stops again, report the error with this text.',
      nb: 'Kjør på nytt. Stopper den igjen, melder du feilen med denne teksten.',
    },
  },
  'segment.exists': {
    status: 409,
    what: {
      en: 'There is already a segment named {name}.',
      nb: 'Det finnes allerede et segment som heter {name}.',
    },
    next: {
      en: 'Choose another name.',
      nb: 'Velg et annet navn.',
    },
  },
  'segment.in_use': {
    status: 409,
    what: {
      en: 'The segment {name} is used by an export.',
      nb: 'Segmentet {name} brukes av en eksport.',
    },
    next: {
      en: 'Take it off the exports that use it first, and have Sund forget the lists that it filled (`sund lists forget`).',
      nb: 'Ta det først bort fra eksportene som bruker det, og få Sund til å glemme listene det fylte (`sund lists forget`).',
    },
  },
  'segment.invalid': {
    status: 422,
    what: {
      en: 'The segment “{segment}” cannot be evaluated: condition on “{field}” with “{op}” ({problem}). It counts neither as everybody nor as nobody.',
      nb: 'Segmentet «{segment}» kan ikke beregnes: betingelsen på «{field}» med «{op}» ({problem}). Det regnes verken som alle eller som ingen.',
    },
    next: {
      en: 'Edit the segment: choose a field that the profiles have, an operator of its type, and a value of that type. Exports of it are held until then.',
      nb: 'Rediger segmentet: velg et felt som profilene har, en operator for typen og en verdi av den typen. Eksporter av det holdes igjen til da.',
    },
  },
  'segment.missing': {
    status: 404,
    what: {
      en: 'There is no segment with the id {id}.',
      nb: 'Det finnes ikke noe segment med id {id}.',
    },
    next: {
      en: 'Look at the list of segments; it may have been removed.',
      nb: 'Se på listen over segmenter. Det kan være fjernet.',
    },
  },
  'source.column_missing': {
    status: 422,
    what: {
      en: 'The file {file} has no column “{column}”. It has: {found}.',
      nb: 'Filen {file} har ingen kolonne «{column}». Den har: {found}.',
    },
    next: {
      en: 'Correct the file, or the column in the source. What was ingested before stays in use.',
      nb: 'Rett filen, eller kolonnen i kilden. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.duplicate_header': {
    status: 422,
    what: {
      en: 'The header of {file} names the column “{column}” twice.',
      nb: 'Overskriften i {file} nevner kolonnen «{column}» to ganger.',
    },
    next: {
      en: 'Give each column a name of its own, then refresh again.',
      nb: 'Gi hver kolonne sitt eget navn, og oppdater på nytt.',
    },
  },
  'source.encoding_differs': {
    status: 422,
    what: {
      en: 'The file {file} is written in {found}, but {declared} is declared.',
      nb: 'Filen {file} er skrevet i {found}, men {declared} er oppgitt.',
    },
    next: {
      en: 'Correct the encoding in the source, or take it out: a byte order mark and UTF-8 are found without it. What was ingested before stays in use.',
      nb: 'Rett tegnkodingen i kilden, eller ta den bort: Byterekkefølgemerke og UTF-8 finnes uten den. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.exists': {
    status: 409,
    what: {
      en: 'There is already a source named {name}.',
      nb: 'Det finnes allerede en kilde som heter {name}.',
    },
    next: {
      en: 'Choose another name.',
      nb: 'Velg et annet navn.',
    },
  },
  'source.file_changed': {
    status: 409,
    what: {
      en: 'The file {file} was changed while it was being read.',
      nb: 'Filen {file} ble endret mens den ble lest.',
    },
    next: {
      en: 'Wait until it is complete, then refresh again. Better: write under another name and rename when done.',
      nb: 'Vent til den er ferdig, og oppdater på nytt. Bedre: skriv med et annet navn og gi nytt navn til slutt.',
    },
  },
  'source.file_empty': {
    status: 422,
    what: {
      en: 'The file {file} is empty.',
      nb: 'Filen {file} er tom.',
    },
    next: {
      en: 'Deliver the file again, then refresh. What was ingested before stays in use.',
      nb: 'Lever filen på nytt, og oppdater. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.file_missing': {
    status: 404,
    what: {
      en: 'There is no file {file} in the data folder.',
      nb: 'Det finnes ingen fil {file} i datamappen.',
    },
    next: {
      en: 'Deliver the file, or correct its name in the source.',
      nb: 'Lever filen, eller rett navnet i kilden.',
    },
  },
  'source.file_name': {
    status: 422,
    what: {
      en: 'The path of {file} holds one of the characters * ? [ which the reader takes for a pattern.',
      nb: 'Banen til {file} inneholder et av tegnene * ? [ som leseren tar for et mønster.',
    },
    next: {
      en: 'Rename the file or its folder.',
      nb: 'Gi filen eller mappen et nytt navn.',
    },
  },
  'source.file_outside': {
    status: 422,
    what: {
      en: '{file} does not lie in the data folder.',
      nb: '{file} ligger ikke i datamappen.',
    },
    next: {
      en: 'Move the file into the data folder, and name it by its path there.',
      nb: 'Flytt filen inn i datamappen, og oppgi banen der.',
    },
  },
  'source.file_unreadable': {
    status: 422,
    what: {
      en: 'The file {file} cannot be read ({why}).',
      nb: 'Filen {file} kan ikke leses ({why}).',
    },
    next: {
      en: 'Let the user that runs Sund read it.',
      nb: 'Gi brukeren som kjører Sund, lesetilgang.',
    },
  },
  'source.gzip_damaged': {
    status: 422,
    what: {
      en: 'The gzip file {file} is cut off or damaged.',
      nb: 'Gzip-filen {file} er avkortet eller skadet.',
    },
    next: {
      en: 'Deliver the file again whole, then refresh. Nothing of it was used; what was ingested before stays in use.',
      nb: 'Lever hele filen på nytt, og oppdater. Ingenting av den ble brukt; det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.html': {
    status: 422,
    what: {
      en: '{file} is a web page, not a data file.',
      nb: '{file} er en nettside, ikke en datafil.',
    },
    next: {
      en: 'The download probably failed or asked for a login. Fetch the file again.',
      nb: 'Nedlastingen feilet trolig eller ba om pålogging. Hent filen på nytt.',
    },
  },
  'source.in_use': {
    status: 409,
    what: {
      en: 'The source {name} is used by the unification.',
      nb: 'Kilden {name} brukes av foreningen av profiler.',
    },
    next: {
      en: 'Take it out of the unification first.',
      nb: 'Ta den først ut av foreningen av profiler.',
    },
  },
  'source.json_document': {
    status: 422,
    what: {
      en: 'The file {file} is one JSON array, not an object on each line.',
      nb: 'Filen {file} er én JSON-tabell, ikke ett objekt på hver linje.',
    },
    next: {
      en: 'Export it as JSON Lines (also called NDJSON), then refresh again.',
      nb: 'Eksporter den som JSON Lines (også kalt NDJSON), og oppdater på nytt.',
    },
  },
  'source.key_missing': {
    status: 422,
    what: {
      en: 'In {file} {count} of {rows} rows do not fit, most of them because the key “{column}” is missing; the first is on line {line}.',
      nb: 'I {file} passer {count} av {rows} rader ikke, de fleste fordi nøkkelen «{column}» mangler; den første er på linje {line}.',
    },
    next: {
      en: 'Choose a column that every row has as the key, or correct the file. What was ingested before stays in use.',
      nb: 'Velg en kolonne som alle rader har, som nøkkel, eller rett filen. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.key_repeated': {
    status: 422,
    what: {
      en: 'In {file} {count} of {rows} rows do not fit, most of them because an earlier row has the same key “{column}”; the first is on line {line}.',
      nb: 'I {file} passer {count} av {rows} rader ikke, de fleste fordi en tidligere rad har samme nøkkel «{column}»; den første er på linje {line}.',
    },
    next: {
      en: 'Choose a column that differs in every row as the key, or correct the file. What was ingested before stays in use.',
      nb: 'Velg en kolonne som er ulik i hver rad, som nøkkel, eller rett filen. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.line_endings': {
    status: 422,
    what: {
      en: 'In {file} line {line} ends another way than the lines before it (with or without a carriage return).',
      nb: 'I {file} slutter linje {line} på en annen måte enn linjene før (med eller uten vognretur).',
    },
    next: {
      en: 'Save the file with one kind of line ending, then refresh again.',
      nb: 'Lagre filen med én type linjeslutt, og oppdater på nytt.',
    },
  },
  'source.line_too_long': {
    status: 422,
    what: {
      en: 'Line {line} of {file} is longer than {limit} MiB.',
      nb: 'Linje {line} i {file} er lengre enn {limit} MiB.',
    },
    next: {
      en: 'Check that the file has line breaks, or export it again. What was ingested before stays in use.',
      nb: 'Kontroller at filen har linjeskift, eller eksporter den på nytt. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.missing': {
    status: 404,
    what: {
      en: 'There is no source with the id {id}.',
      nb: 'Det finnes ingen kilde med id {id}.',
    },
    next: {
      en: 'Look at the list of sources; it may have been removed.',
      nb: 'Se på listen over kilder. Den kan være fjernet.',
    },
  },
  'source.mostly_malformed': {
    status: 422,
    what: {
      en: 'In {file} {count} of {rows} rows do not fit, most of them because they have too many or too few columns, or misplaced quotes; the first is on line {line}.',
      nb: 'I {file} passer {count} av {rows} rader ikke, de fleste fordi de har for mange eller for få kolonner, eller feilplasserte anførselstegn; den første er på linje {line}.',
    },
    next: {
      en: 'Check the delimiter and the quotes of the file. What was ingested before stays in use.',
      nb: 'Kontroller skilletegnet og anførselstegnene i filen. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.mostly_not_json': {
    status: 422,
    what: {
      en: 'In {file} {count} of {rows} rows do not fit, most of them because they are not one JSON object on a line of its own, or name a column twice; the first is on line {line}.',
      nb: 'I {file} passer {count} av {rows} rader ikke, de fleste fordi de ikke er ett JSON-objekt på sin egen linje, eller nevner en kolonne to ganger; den første er på linje {line}.',
    },
    next: {
      en: 'Export the file as JSON Lines, an object a line. What was ingested before stays in use.',
      nb: 'Eksporter filen som JSON Lines, ett objekt per linje. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.mostly_not_of_type': {
    status: 422,
    what: {
      en: 'In {file} {count} of {rows} rows do not fit, most of them because “{column}” is not of its declared type; the first is on line {line}.',
      nb: 'I {file} passer {count} av {rows} rader ikke, de fleste fordi «{column}» ikke er av den oppgitte typen; den første er på linje {line}.',
    },
    next: {
      en: 'Correct the type of the column in the source (for a date, how it is written), or the file. What was ingested before stays in use.',
      nb: 'Rett typen til kolonnen i kilden (for en dato, hvordan den skrives), eller filen. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.no_rows': {
    status: 422,
    what: {
      en: 'The file {file} has a header and no rows.',
      nb: 'Filen {file} har en overskrift og ingen rader.',
    },
    next: {
      en: 'Deliver the file again, then refresh. What was ingested before stays in use.',
      nb: 'Lever filen på nytt, og oppdater. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.not_encoded': {
    status: 422,
    what: {
      en: 'Line {line} of {file} cannot be read as {encoding}.',
      nb: 'Linje {line} i {file} kan ikke leses som {encoding}.',
    },
    next: {
      en: 'Correct the encoding in the source, or deliver the file again whole. What was ingested before stays in use.',
      nb: 'Rett tegnkodingen i kilden, eller lever hele filen på nytt. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.not_utf8': {
    status: 422,
    what: {
      en: 'The file {file} is not UTF-8 text (line {line}).',
      nb: 'Filen {file} er ikke UTF-8-tekst (linje {line}).',
    },
    next: {
      en: 'Save it as UTF-8, or declare the encoding in the source, then refresh again.',
      nb: 'Lagre den som UTF-8, eller oppgi tegnkodingen i kilden, og oppdater på nytt.',
    },
  },
  'source.nul_byte': {
    status: 422,
    what: {
      en: 'The file {file} holds a NUL byte on line {line}: it is damaged, or not UTF-8 text.',
      nb: 'Filen {file} inneholder en NUL-byte på linje {line}: den er skadet, eller er ikke UTF-8-tekst.',
    },
    next: {
      en: 'Deliver the file again as UTF-8 text, or declare its encoding in the source, then refresh.',
      nb: 'Lever filen på nytt som UTF-8-tekst, eller oppgi tegnkodingen i kilden, og oppdater.',
    },
  },
  'source.open_quote': {
    status: 422,
    what: {
      en: 'In {file} a quote is opened on line {line} and never closed, so where the rows after it begin is not known.',
      nb: 'I {file} åpnes et anførselstegn på linje {line} som aldri lukkes, så det er ukjent hvor radene etter det begynner.',
    },
    next: {
      en: 'Correct that line, then refresh again.',
      nb: 'Rett den linjen, og oppdater på nytt.',
    },
  },
  'source.parquet_damaged': {
    status: 422,
    what: {
      en: 'The Parquet file {file} is cut off or damaged.',
      nb: 'Parquet-filen {file} er avkortet eller skadet.',
    },
    next: {
      en: 'Deliver the file again whole, then refresh. Nothing of it was used; what was ingested before stays in use.',
      nb: 'Lever hele filen på nytt, og oppdater. Ingenting av den ble brukt; det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.parquet_type': {
    status: 422,
    what: {
      en: 'The column “{column}” of {file} is of type {found}, which cannot be read as {declared}.',
      nb: 'Kolonnen «{column}» i {file} er av typen {found}, som ikke kan leses som {declared}.',
    },
    next: {
      en: 'Declare another type for the column, leave it out of the source, or export it as text. What was ingested before stays in use.',
      nb: 'Oppgi en annen type for kolonnen, utelat den fra kilden, eller eksporter den som tekst. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.too_large': {
    status: 413,
    what: {
      en: 'The file {file} unpacks to more than a table of customers can be expected to.',
      nb: 'Filen {file} pakkes ut til mer enn det som kan ventes av en kundetabell.',
    },
    next: {
      en: 'Check what is in it. If it is right, deliver it unpacked or in several files. What was ingested before stays in use.',
      nb: 'Kontroller innholdet. Er det riktig, lever den upakket eller i flere filer. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.truncated': {
    status: 422,
    what: {
      en: 'The file {file} breaks off in the middle of line {line}.',
      nb: 'Filen {file} slutter midt i linje {line}.',
    },
    next: {
      en: 'Deliver the file again whole, then refresh. Better: write under another name and rename when done.',
      nb: 'Lever hele filen på nytt, og oppdater. Bedre: Skriv med et annet navn og gi nytt navn til slutt.',
    },
  },
  'source.unreadable': {
    status: 422,
    what: {
      en: 'The records of {file} cannot be told apart with certainty.',
      nb: 'Radene i {file} kan ikke skilles fra hverandre med sikkerhet.',
    },
    next: {
      en: 'Check its quotes and line endings, or export it again. What was ingested before stays in use.',
      nb: 'Kontroller anførselstegn og linjeslutt, eller eksporter den på nytt. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'source.wrong_delimiter': {
    status: 422,
    what: {
      en: 'The columns of {file} are separated by “{found}”, not by “{declared}”.',
      nb: 'Kolonnene i {file} er skilt med «{found}», ikke med «{declared}».',
    },
    next: {
      en: 'Correct the delimiter in the source.',
      nb: 'Rett skilletegnet i kilden.',
    },
  },
  'source.wrong_kind': {
    status: 422,
    what: {
      en: '{file} should be {declared}, but begins as {found}.',
      nb: '{file} skal være {declared}, men begynner som {found}.',
    },
    next: {
      en: 'Correct the format or the compression in the source, or the file. What was ingested before stays in use.',
      nb: 'Rett formatet eller komprimeringen i kilden, eller filen. Det som ble lest inn tidligere, brukes fortsatt.',
    },
  },
  'table.missing': {
    status: 404,
    what: {
      en: 'No table of this name was ingested.',
      nb: 'Ingen tabell med dette navnet er lest inn.',
    },
    next: {
      en: 'Run a refresh first, or look at the list of tables.',
      nb: 'Kjør en oppdatering først, eller se på listen over tabeller.',
    },
  },
  'unification.column_missing': {
    status: 422,
    what: {
      en: 'The unification uses the column “{column}” of the table “{table}”, which has no such column.',
      nb: 'Foreningen bruker kolonnen «{column}» i tabellen «{table}», som ikke har den.',
    },
    next: {
      en: 'Declare the column in the source, or correct the unification.',
      nb: 'Oppgi kolonnen i kilden, eller rett foreningen.',
    },
  },
  'unification.key_differs': {
    status: 422,
    what: {
      en: 'The unification takes “{key}” for the key of the table “{table}”, whose key is “{found}”.',
      nb: 'Foreningen bruker «{key}» som nøkkel i tabellen «{table}», der nøkkelen er «{found}».',
    },
    next: { en: 'Name the same key in both.', nb: 'Oppgi den samme nøkkelen begge steder.' },
  },
  'unification.missing': {
    status: 404,
    what: {
      en: 'Nobody has defined the unification yet.',
      nb: 'Ingen har definert foreningen av profiler ennå.',
    },
    next: {
      en: 'Define it with PUT, and “If-None-Match: *”.',
      nb: 'Definer den med PUT og «If-None-Match: *».',
    },
  },
  'unification.table_missing': {
    status: 422,
    what: {
      en: 'The unification uses the table “{table}”, which has not been ingested.',
      nb: 'Foreningen bruker tabellen «{table}», som ikke er lest inn.',
    },
    next: {
      en: 'Add the source and refresh it, or correct the unification.',
      nb: 'Legg til kilden og oppdater den, eller rett foreningen.',
    },
  },
  'unification.type_differs': {
    status: 422,
    what: {
      en: 'The field “{field}” is of type {type}, but the column “{column}” of “{table}” is of type {found}.',
      nb: 'Feltet «{field}» er av typen {type}, men kolonnen «{column}» i «{table}» er av typen {found}.',
    },
    next: {
      en: 'Give the field and its columns the same type.',
      nb: 'Gi feltet og kolonnene samme type.',
    },
  },
  'vault.key_invalid': {
    status: 500,
    what: {
      en: 'The key in {where} is not 32 bytes written as 64 hexadecimal digits or as base64.',
      nb: 'Nøkkelen i {where} er ikke 32 byte skrevet som 64 heksadesimale sifre eller som base64.',
    },
    next: {
      en: 'Put back the key that was there, from your backup.',
      nb: 'Legg tilbake nøkkelen som var der, fra sikkerhetskopien.',
    },
  },
  'vault.key_missing': {
    status: 500,
    what: {
      en: 'There are sealed secrets, but the key {where} is gone. No new key was made, since it could not open them.',
      nb: 'Det finnes forseglede hemmeligheter, men nøkkelen {where} er borte. Det ble ikke laget en ny, siden den ikke kunne åpnet dem.',
    },
    next: {
      en: 'Put the key back from your backup, or give it in SUND_KEY.',
      nb: 'Legg nøkkelen tilbake fra sikkerhetskopien, eller oppgi den i SUND_KEY.',
    },
  },
  'vault.unreadable': {
    status: 500,
    what: {
      en: 'The sealed {what} cannot be opened: it was changed, or it belongs elsewhere.',
      nb: 'Det forseglede innholdet {what} kan ikke åpnes: Det er endret, eller det hører hjemme et annet sted.',
    },
    next: {
      en: 'Enter the secret again.',
      nb: 'Oppgi hemmeligheten på nytt.',
    },
  },
  'vault.wrong_key': {
    status: 500,
    what: {
      en: 'The key in {where} is not the one that the stored secrets were sealed with.',
      nb: 'Nøkkelen i {where} er ikke den som de lagrede hemmelighetene ble forseglet med.',
    },
    next: {
      en: 'Put back the right key; do not delete the old one.',
      nb: 'Legg tilbake riktig nøkkel. Ikke slett den gamle.',
    },
  },
} as const satisfies Readonly<Record<string, Entry>>

export type ErrorCode = keyof typeof entries

const fill = (template: string, details: Details): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in details ? String(details[name]) : whole))

/** An error that a person reads. `message` is the English sentence and what to do next; `in('nb')` the Norwegian. */
export class SundError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly details: Details

  constructor(code: ErrorCode, details: Details = {}, cause?: unknown) {
    const entry = entries[code]
    super(`${fill(entry.what.en, details)} ${fill(entry.next.en, details)}`, cause === undefined ? {} : { cause })
    this.name = 'SundError'
    this.code = code
    this.status = entry.status
    this.details = details
  }

  in(language: Language): { readonly what: string; readonly next: string } {
    const entry = entries[this.code]
    return { what: fill(entry.what[language], this.details), next: fill(entry.next[language], this.details) }
  }
}

/** All codes with their texts, for the reference and for the test that every placeholder is filled in both languages. */
export const errorEntries: Readonly<Record<ErrorCode, Entry>> = entries
