/** What happens at the other end of the mail: links that people click, mail that comes back. Not a part of the API; nobody signs in. */
import { integer, text } from '../frame/database.ts'
import type { Answer, Call, Route } from '../frame/vendor.ts'
import { fault } from './answers.ts'
import type { Lists } from './lists.ts'
import type { Subscribers } from './subscribers.ts'

/** `/mailbox/{what}?list=<id>&email=<address>`; `what`: unsubscribe, confirm or bounce. */
export const mailboxRoutes = (lists: Lists, subscribers: Subscribers): Route[] => {
  const act = (call: Call): Answer => {
    const list = lists.find((call.query.get('list') ?? '').toLowerCase())
    const email = call.query.get('email') ?? ''
    const there = list === undefined ? undefined : subscribers.find(list, email)
    if (list === undefined || there === undefined) return fault(404)
    switch (call.params.what) {
      case 'unsubscribe':
        subscribers.setState(list, email, 'Unsubscribed')
        // From all the client's lists, unless the list says otherwise.
        if (text(list, 'unsubscribe_setting') === 'AllClientLists')
          subscribers.suppress(text(list, 'client'), email, 'Unsubscribed')
        break
      case 'confirm':
        if (text(there, 'state') === 'Unconfirmed' && integer(list, 'confirmed_opt_in') === 1)
          subscribers.setState(list, email, 'Active')
        break
      case 'bounce':
        subscribers.setState(list, email, 'Bounced')
        break
      default:
        return fault(404)
    }
    return { status: 200, text: 'Done.' }
  }
  return [{ method: 'GET', path: '/mailbox/{what}', answer: act }]
}
